// How soon another has the lock after a release, and the longest wait, with 20 who wait and holds of 1 ms.
import { Redis } from 'ioredis';
import { Mutex } from 'redis-semaphore';
import Redlock from 'redlock';
import { createLocks, memory } from 'rxlock';
import { octostore } from 'rxlock/octostore';
import { bench, quick } from './lib/bench.mjs';
import { contend, HOLD, WAITERS } from './lib/contend.mjs';
import { compare, missing } from './lib/lines.mjs';
import { interleave, quantile } from './lib/numbers.mjs';
import { PlainClient } from './lib/plain-client.mjs';
import { absent, url } from './lib/services.mjs';

const MILLIS = quick ? 300 : 2500;
const ROUNDS = quick ? 1 : 5;

const side = (acquire) => ({ round: () => contend(acquire, MILLIS) });

/** `locks` by the number of the contender. */
const ours = (locks) =>
  side(
    (number) =>
      new Promise((resolve, reject) => {
        const subscription = locks(number)
          .lock$('handed-on', '30s')
          .subscribe({
            next: ({ type }) => type === 'acquired' && resolve(() => subscription.unsubscribe()),
            error: reject,
          });
      }),
  );

const sides = {
  memory() {
    const locks = createLocks(memory());
    return ours(() => locks);
  },
  'octostore, one client'() {
    const locks = createLocks(octostore());
    return ours(() => locks);
  },
  'octostore, a client each'() {
    const locks = Array.from({ length: WAITERS + 1 }, () => createLocks(octostore()));
    return ours((number) => locks[number]);
  },
  /** What the service takes at least, with nobody to be told: a release, then an acquisition. */
  fetch() {
    const client = new PlainClient();
    return {
      async round() {
        const handOffs = [];
        for (const end = performance.now() + MILLIS / 3; performance.now() < end;) {
          const lease = await client.acquire('alone');
          const released = performance.now();
          await client.release('alone', lease);
          const next = await client.acquire('alone');
          handOffs.push(performance.now() - released);
          await client.release('alone', next);
        }
        return { p50: quantile(handOffs, 0.5), p99: quantile(handOffs, 0.99) };
      },
    };
  },
  redlock() {
    const redlock = new Redlock([new Redis(url.redis)], { retryCount: -1 });
    return side(async () => {
      const lock = await redlock.acquire(['handed-on'], 30_000);
      return () => lock.release();
    });
  },
  'redis-semaphore'() {
    const client = new Redis(url.redis);
    return side(async () => {
      const mutex = new Mutex(client, 'handed-on', { acquireTimeout: 60_000 });
      await mutex.acquire();
      return () => mutex.release();
    });
  },
};

const MEASURES = [
  { of: 'p50', what: 'hand-off, p50', max: 0.1 },
  { of: 'p99', what: 'hand-off, p99', max: 0.5 },
  { of: 'longest', what: 'longest wait', max: 1.5 * WAITERS * HOLD },
];

await bench(import.meta.url, {
  sides,
  async measure({ start, report }) {
    const usable = Object.keys(sides).filter((name) => name === 'memory' || url[serviceOf(name)]);
    const started = await Promise.all(usable.map(async (name) => [name, (await start(name)).round]));
    const values = await interleave(ROUNDS, Object.fromEntries(started));
    const of = (name, measure) => values[name]?.map((value) => value[measure]);

    for (const { of: measure, what, max } of MEASURES) {
      for (const name of ['redlock', 'redis-semaphore']) {
        const theirs = { name, values: of(name, measure), missing: absent('redis') };
        report(
          compare({ what: `memory: ${what}`, unit: 'ms', ours: of('memory', measure), theirs, targets: [{ max }] }),
        );
      }
    }
    if (!url.octostore) return report(missing('octostore: hand-off', absent('octostore')));
    for (const name of ['octostore, one client', 'octostore, a client each']) {
      for (const { of: measure, what, max } of MEASURES) {
        const floor = of('fetch', measure)?.every((value) => value !== undefined);
        const theirs = floor ? { name: 'fetch, uncontended', values: of('fetch', measure) } : undefined;
        // It does not queue, so the longest wait has no target.
        report(
          compare({
            what: `${name}: ${what}`,
            unit: 'ms',
            ours: of(name, measure),
            theirs,
            targets: floor ? [{ max }] : [],
          }),
        );
      }
    }
  },
});

function serviceOf(side) {
  return side === 'fetch' || side.startsWith('octostore') ? 'octostore' : 'redis';
}
