// Acquiring and releasing on Redis, beside the packages that most people use for that, all on one server.
import { Redis } from 'ioredis';
import { BARE } from './lib/bare-redis.mjs';
import { bench, quick } from './lib/bench.mjs';
import { cycle } from './lib/cycle.mjs';
import { compare, missing } from './lib/lines.mjs';
import { interleave } from './lib/numbers.mjs';
import { OURS } from './lib/our-redis.mjs';
import { PEERS } from './lib/redis-peers.mjs';
import { absent, url } from './lib/services.mjs';
import { throughput } from './lib/throughput.mjs';

const MILLIS = quick ? 50 : 250;
const ROUNDS = quick ? 1 : 9;
const TTL = 30_000;
/** By the number of workers: how many times redlock's throughput is to be reached. */
const TARGETS = { 1: 1, 16: undefined, 100: 2 };

const FLOOR = 'bare client';

const awaited = (open) => async () => {
  const locks = await open(new Redis(url.redis));
  return throughput(MILLIS, async (worker) => (await locks.acquire(`${process.pid}-${worker}`, TTL))());
};

const sides = {
  // A stream that is left does not wait until the server has confirmed the release: what follows goes out with it.
  lock$() {
    const { locks } = OURS.open(new Redis(url.redis));
    return throughput(MILLIS, (worker) => cycle(locks.lock$(`streamed-${worker}`, TTL)));
  },
  'acquire()': awaited(OURS.open),
  [FLOOR]: awaited(BARE.open),
  ...Object.fromEntries(Object.entries(PEERS).map(([name, { open }]) => [name, awaited(open)])),
};

await bench(import.meta.url, {
  sides,
  async measure({ start, report }) {
    if (!url.redis) return report(missing('acquire + release on Redis', absent('redis')));
    const started = {};
    for (const name of Object.keys(sides)) started[name] = await start(name);
    for (let warm = 0; warm < (quick ? 0 : 2); warm++) for (const { round } of Object.values(started)) await round(16);
    for (const [count, min] of Object.entries(TARGETS)) {
      const tasks = Object.entries(started).map(([name, { round }]) => [name, () => round(Number(count))]);
      const values = await interleave(ROUNDS, Object.fromEntries(tasks));
      const line = (side, peer, what, unit, measure, targets = []) => {
        const [our, their] = [side, peer].map((name) => values[name].map((value) => value[measure]));
        const title = `${side}: ${what}, ${count} at a time`;
        report(compare({ what: title, unit, ours: our, theirs: { name: peer, values: their }, targets }));
      };
      for (const side of ['lock$', 'acquire()']) {
        // The stream beside the best known; the promise, which is what they have, beside each; one at a time, both beside the floor.
        const peers = side === 'lock$' ? ['redlock'] : Object.keys(PEERS);
        for (const peer of count === '1' ? [...peers, FLOOR] : peers) {
          const isJudged = peer === 'redlock' && min !== undefined;
          line(side, peer, 'throughput', 'cycles/s', 'rate', isJudged ? [{ of: 'ratio', min }] : []);
          line(side, peer, 'CPU a cycle', 'µs', 'cpu');
        }
      }
    }
  },
});
