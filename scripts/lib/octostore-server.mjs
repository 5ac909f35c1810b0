import { randomBytes } from 'node:crypto';
import { findOctoStore } from '../octostore.mjs';
import { onFreePorts } from './free-ports.mjs';
import { startServer } from './server-process.mjs';

/**
 * Starts a server of its own on a free loopback port, with a token of its own.
 *
 * @returns `env` for those who shall use it, and `stop()`; undefined if the program is not installed.
 */
export async function startOctostore() {
  const program = findOctoStore();
  if (program === undefined) return undefined;
  return onFreePorts(1, (port) => startOn(port, program));
}

function startOn(port, program) {
  const token = randomBytes(24).toString('hex');
  const baseUrl = `http://127.0.0.1:${port}`;
  const up = async () => {
    const { ok } = await fetch(`${baseUrl}/health`);
    if (!ok) throw new Error('not healthy yet');
  };
  return startServer(program, ['serve'], { OCTOSTORE_BASE_URL: baseUrl, OCTOSTORE_TOKEN: token }, up, {
    PATH: process.env.PATH,
    BIND_ADDR: `127.0.0.1:${port}`,
    DATABASE_URL: 'octostore.db',
    STATIC_TOKENS: `rxlock:${token}`,
  });
}
