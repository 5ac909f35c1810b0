import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { findOctoStore } from '../octostore.mjs';

/**
 * Starts a server of its own on a free loopback port, with a token of its own.
 *
 * @returns `env` for those who shall use it, and `stop()`; undefined if the program is not installed.
 */
export async function startOctostore() {
  const program = findOctoStore();
  if (program === undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'rxlock-octostore-'));
  const token = randomBytes(24).toString('hex');
  const port = await freePort();
  const baseUrl = `http://127.0.0.1:${port}`;
  const server = spawn(program, ['serve'], {
    cwd: folder,
    stdio: 'ignore',
    env: {
      PATH: process.env.PATH,
      BIND_ADDR: `127.0.0.1:${port}`,
      DATABASE_URL: join(folder, 'octostore.db'),
      STATIC_TOKENS: `rxlock:${token}`,
    },
  });
  const exited = once(server, 'exit');
  const stop = async () => {
    server.kill('SIGKILL');
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await answers(`${baseUrl}/health`, server);
  } catch (error) {
    await stop();
    throw error;
  }
  return { env: { OCTOSTORE_BASE_URL: baseUrl, OCTOSTORE_TOKEN: token }, stop };
}

async function answers(url, server) {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (server.exitCode !== null) throw new Error(`octostore ended at once, with exit code ${server.exitCode}`);
    const up = await fetch(url).then((answer) => answer.ok, () => false);
    if (up) return;
    await pause(50);
  }
  throw new Error('octostore did not answer within 10 s');
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}
