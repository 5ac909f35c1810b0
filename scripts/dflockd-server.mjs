// Runs the project's own server of the dflockd protocol until it is told to stop, with the flags and variables of the real one:
//   node scripts/dflockd-server.mjs --port 6388 --max-locks 1024 --auth-token-file secret.txt
import process, { argv } from 'node:process';
import { register } from 'tsx/esm/api';

register();
const { dflockdServer } = await import('../src/server/dflockd/dflockd-server.ts');
const { dflockdFlags } = await import('../src/server/dflockd/flags.ts');

try {
  const server = await dflockdServer(dflockdFlags(argv.slice(2)));
  console.log(`listening on ${server.host}:${server.port}`);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void server.close());
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
