// Runs a command beside a real OctoStore server of its own: `node scripts/with-octostore.mjs npm run demo`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { startOctostore } from './lib/octostore-server.mjs';

const [command, ...args] = process.argv.slice(2);
if (command === undefined) throw new Error('which command?');
const server = await startOctostore();
if (server === undefined) throw new Error('there is no octostore: run `node scripts/octostore.mjs`');
try {
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...server.env } });
  const [code] = await once(child, 'close');
  process.exitCode = code ?? 1;
} finally {
  await server.stop();
}
