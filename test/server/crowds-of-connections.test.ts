import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { createLocks } from '../../src/index.js';
import { socket } from '../../src/backends/socket/index.js';
import { createLockServer } from '../../src/server/daemon/create-lock-server.js';
import type { LockServer } from '../../src/server/daemon/lock-server.js';

const CONNECTIONS = 10_000;
const BUNCH = 240;

let server: LockServer;
afterEach(() => server.close());

it('leave nothing behind, ten thousand of them, and a lock that somebody else holds is kept all the while', async () => {
  server = await createLockServer({ ws: 0, http: 0, dflockd: 0, ephemeral: { wait: false, fencing: true } });
  const { ws, http, dflockd } = server.addresses;
  const locks = createLocks(socket({ url: ws?.url }));
  const lease = await locks.acquire('kept', '2s');
  const visits = [greet(ws?.port ?? 0), ask(http?.port ?? 0), queue(dflockd?.port ?? 0)] as const;
  for (let made = 0; made < CONNECTIONS; made += BUNCH) {
    const numbers = Array.from({ length: BUNCH / 3 }, (_, i) => made + i);
    const bunch = numbers.flatMap((number) => visits.map((visit) => visit(number)));
    for (const one of await Promise.all(bunch)) one.destroy();
  }
  // The server hears of the last of them a moment later.
  await expect
    .poll(() => server.stats(), { timeout: 20_000 })
    .toEqual({
      held: 1,
      waiting: 0,
      connections: { ws: 1, http: 0, dflockd: 0 },
      buffered: 0,
    });
  expect(lease.isHeld).toBe(true);
  await locks.close();
}, 120_000);

/** Says half of what a WebSocket begins with. */
const greet = (port: number) => (number: number) =>
  opened(port, `GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nX: ${String(number)}\r\n`);

/** Asks for a lock that is held, and does not wait for the answer. */
const ask = (port: number) => (number: number) => {
  const body = '{"ttl_seconds":60}';
  const head = `POST /locks/kept/acquire HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer t${String(number)}`;
  return opened(
    port,
    `${head}\r\nContent-Type: application/json\r\nContent-Length: ${String(body.length)}\r\n\r\n${body}`,
  );
};

/** Takes one lock, and waits for another. */
const queue = (port: number) => (number: number) => opened(port, `l\njob-${String(number)}\n0 60\nl\nkept\n60 60\n`);

async function opened(port: number, text: string): Promise<Socket> {
  const made = connect(port, '127.0.0.1').on('error', () => undefined);
  await once(made, 'connect');
  made.write(text);
  // So that some of it is read before it dies.
  await sleep(1);
  return made;
}
