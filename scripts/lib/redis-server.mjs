import { once } from 'node:events';
import { connect } from 'node:net';
import { findRedis } from '../redis.mjs';
import { onFreePorts } from './free-ports.mjs';
import { startServer } from './server-process.mjs';

/** Where a program looks for Redis that says nothing else. */
const PORT = 6379;

/**
 * Starts a Redis of its own, in memory only.
 *
 * @param port A free one by default.
 * @returns `env` for those who shall use it, with `REDIS_URL`, and `stop()`; undefined if the program is not installed.
 */
export async function startRedis(port = undefined) {
  const program = findRedis();
  if (program === undefined) return undefined;
  if (port === undefined) return onFreePorts(1, startRedis);
  const args = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  return startServer(program, args, { REDIS_URL: `redis://127.0.0.1:${port}` }, () => answers(port));
}

/** As {@link startRedis}, where a program looks for it by itself. One that runs there already will do. */
export async function startUsualRedis() {
  const isTaken = await answers(PORT).then(
    () => true,
    () => false,
  );
  if (!isTaken) return startRedis(PORT);
  console.log(`a Redis listens on port ${PORT}: programs that need one use that`);
  return { env: { REDIS_URL: `redis://127.0.0.1:${PORT}` }, stop: async () => undefined };
}

/** Rejects unless it answers, and has read its data. */
async function answers(port) {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    socket.write('PING\r\n');
    const [reply] = await once(socket, 'data');
    if (!String(reply).startsWith('+PONG')) throw new Error(`answered ${reply}`);
  } finally {
    socket.destroy();
  }
}
