import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { Journal } from './support/journal.js';
import { httpClient, type Field } from './support/kill-clients.js';
import { KillTarget } from './support/kill-target.js';

const HOUR = 3_600_000;
const TTL = 60_000;
/** Its wall clock is off by so much, and off by as much once more when it is told so. */
const offBy = (milliseconds: number): string =>
  `--import=data:text/javascript,${encodeURIComponent(`
    const now = Date.now;
    let off = ${String(milliseconds)};
    Date.now = () => now() + off;
    process.on('SIGUSR2', () => (off += ${String(milliseconds)}));
  `)}`;

let target: KillTarget | undefined;
afterEach(async () => {
  await target?.remove();
});

it('a wall clock that is stepped by an hour, before a start or after it, frees nothing', async () => {
  const server = (target = new KillTarget());
  await server.start();
  const field: Field = { journal: new Journal(), ports: server.ports, names: [], isOver: false };
  const [holder, other] = [httpClient(field, 1), httpClient(field, 2)];
  await holder.acquire('x', TTL);
  for (const step of [HOUR, -HOUR]) {
    await server.kill();
    await server.start([offBy(step)]);
    expect(await other.acquire('x', TTL)).toBeUndefined();
    expect(await holder.renew('x', TTL)).toBe(true);
    server.signal('SIGUSR2');
    await sleep(50);
    expect(await other.acquire('x', TTL)).toBeUndefined();
    expect(await holder.renew('x', TTL)).toBe(true);
  }
  await holder.release('x');
  expect(await other.acquire('x', TTL)).toBeDefined();
});
