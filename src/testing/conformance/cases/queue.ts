import type { Bench } from '../bench.js';
import type { CaseGroup } from '../case.js';
import { check } from '../check.js';
import type { RawAttempt } from '../raw-attempt.js';
import type { BenchClient } from '../bench-client.js';

/** Waiting for a lock. Where the service has no queue, the core tries again, so a waiter is served all the same. */
export const queue: CaseGroup = {
  title: 'waiting',
  cases: [
    {
      title: 'serves a waiter when the holder releases',
      async run(bench: Bench): Promise<void> {
        const [a, b] = [bench.client(), bench.client()];
        const name = bench.name();
        const { grant } = await a.take(name);
        const waiting = b.locks.acquire(name, bench.long);
        await bench.pause(50);
        await a.release([grant]);
        const lease = await bench.within(waiting, 'a waiter was not served after the release');
        await a.ask(name).refusal();
        await lease.release();
      },
    },
    {
      title: 'serves waiters in the order of their arrival, where it has a queue',
      async run(bench: Bench): Promise<void> {
        const clients = [bench.client(), bench.client()] as const;
        const [a] = clients;
        const name = bench.name();
        const { grant } = await a.take(name);
        if (!a.backend.features.fifo) {
          await servesAll(bench, name, clients);
          await a.release([grant]);
          return;
        }
        const waiters = await line(
          bench,
          name,
          [0, 1, 1, 0, 1].map((i) => clients[i] as BenchClient),
        );
        await a.release([grant]);
        for (const [i, { client, attempt }] of waiters.entries()) {
          const next = await attempt.grant();
          const early = waiters.slice(i + 1).findIndex((other) => other.attempt.settled);
          check(early < 0, `waiter ${String(i + early + 2)} was served before waiter ${String(i + 1)}`);
          await client.release([next.grant]);
        }
      },
    },
    {
      title: 'lets a waiter leave the queue, and serves the next',
      async run(bench: Bench): Promise<void> {
        const [a, b, c] = [bench.client(), bench.client(), bench.client()];
        const name = bench.name();
        const { grant } = await a.take(name);
        const leaving = b.ask(name, { wait: true });
        await bench.until(() => leaving.queued || leaving.settled, 'a waiter was neither queued nor refused');
        const next = c.locks.acquire(name, bench.long);
        await bench.pause(50);
        leaving.leave();
        await bench.pause(20);
        await a.release([grant]);
        const lease = await bench.within(next, 'nobody was served after a waiter had left the queue');
        check(leaving.granted === undefined, 'who had left the queue was granted the lock');
        await lease.release();
      },
    },
    {
      title: 'loses no lock when a waiter leaves at the moment of its grant',
      async run(bench: Bench): Promise<void> {
        const [a, b, c] = [bench.client(), bench.client(), bench.client()];
        for (const delay of [0, 0, 1, 2, 5]) {
          const name = bench.name();
          const { grant } = await a.take(name);
          const leaving = bench.follow(b.locks.lock$(name, bench.long));
          await bench.pause(20);
          const released = a.release([grant]);
          if (delay > 0) await bench.pause(delay);
          leaving.unsubscribe();
          await released;
          await c.becomesFree(name, 'a lock that was granted to somebody who had left is still held');
        }
      },
    },
    {
      title: 'serves a waiter when a silent holder runs out',
      slow: true,
      async run(bench: Bench): Promise<void> {
        const [a, b] = [bench.client(), bench.client()];
        const name = bench.name();
        await a.take(name, { ttl: bench.short });
        const waiting = b.locks.acquire(name, bench.long);
        const lease = await bench.within(waiting, 'a waiter was not served', bench.short + bench.patience);
        check(lease.isHeld, 'a lease was handed out that is not held');
        await lease.release();
      },
    },
  ],
};

/** Lines them up one behind the other. */
async function line(
  bench: Bench,
  name: string,
  clients: readonly BenchClient[],
): Promise<readonly { readonly client: BenchClient; readonly attempt: RawAttempt }[]> {
  const waiters: { readonly client: BenchClient; readonly attempt: RawAttempt }[] = [];
  for (const client of clients) {
    const attempt = client.ask(name, { wait: true });
    await bench.until(() => attempt.queued || attempt.settled, 'a waiter was not told that it is queued');
    check(!attempt.settled, `features.fifo is true, but a waiter was not queued: ${attempt.outcome}`);
    waiters.push({ client, attempt });
  }
  return waiters;
}

async function servesAll(bench: Bench, name: string, clients: readonly BenchClient[]): Promise<void> {
  const first = clients[0]?.grants ?? new Set();
  const all = clients.map(async (client) => {
    const lease = await client.moreLocks().acquire(name, bench.long);
    await lease.release();
  });
  await bench.pause(50);
  for (const grant of [...first]) await clients[0]?.release([grant]);
  await bench.within(Promise.all(all), 'not every waiter was served');
}
