// Acquiring and releasing on the project's own server over one WebSocket, beside the packages that most people use, on Redis.
import { Redis } from 'ioredis';
import { bareSocket } from './lib/bare-socket.mjs';
import { bench, quick } from './lib/bench.mjs';
import { cycle } from './lib/cycle.mjs';
import { compare, missing } from './lib/lines.mjs';
import { interleave } from './lib/numbers.mjs';
import { OURS } from './lib/our-socket.mjs';
import { PEERS } from './lib/redis-peers.mjs';
import { absent, url } from './lib/services.mjs';
import { throughput } from './lib/throughput.mjs';

const MILLIS = quick ? 50 : 250;
const ROUNDS = quick ? 1 : 9;
const TTL = 30_000;
const RIVALS = ['redlock', 'redis-semaphore'];
/** By the number of workers: how many times redlock's throughput is to be reached. */
const TARGETS = { 1: 1, 16: undefined, 100: 3 };

const awaited = (open) => () => {
  const locks = open();
  return throughput(MILLIS, async (worker) => (await locks.acquire(`${process.pid}-${worker}`, TTL))());
};
/** A stream that is left does not wait until the server has confirmed the release: what follows goes out with it. */
const streamed = (open) => () => {
  const { locks } = open();
  return throughput(MILLIS, (worker) => cycle(locks.lock$(`streamed-${worker}`, TTL)));
};

const mine = Object.fromEntries(
  Object.entries(OURS).flatMap(([kind, open]) => [
    [`lock$${kind}`, streamed(open)],
    [`acquire()${kind}`, awaited(open)],
  ]),
);
const theirs = Object.fromEntries(RIVALS.map((name) => [name, awaited(() => PEERS[name].open(new Redis(url.redis)))]));
/** Of one worker only: many would share its messages with us, and not with it. */
const BARE = 'a bare WebSocket';
const bare = async () => throughput(MILLIS, await bareSocket());
const sides = { ...mine, ...theirs, [BARE]: bare };

await bench(import.meta.url, {
  sides,
  async measure({ start, report }) {
    const what = 'acquire + release on the own server';
    if (!url.rxlock) return report(missing(what, absent('rxlock')));
    const present = url.redis ? Object.keys(sides) : [...Object.keys(mine), BARE];
    const started = {};
    for (const name of present) started[name] = await start(name);
    const atOnce = (name, count) => (name === BARE ? 1 : count);
    for (let warm = 0; warm < (quick ? 0 : 2); warm++)
      for (const [name, { round }] of Object.entries(started)) await round(atOnce(name, 16));
    for (const [count, min] of Object.entries(TARGETS)) {
      const sided = Object.entries(started).filter(([name]) => name !== BARE || count === '1');
      const tasks = sided.map(([name, { round }]) => [name, () => round(Number(count))]);
      const values = await interleave(ROUNDS, Object.fromEntries(tasks));
      if (values[BARE] !== undefined) {
        const rate = (name) => values[name].map((value) => value.rate);
        const theirs = { name: BARE, values: rate(BARE) };
        const what = 'acquire(): throughput, 1 at a time';
        report(compare({ what, unit: 'cycles/s', ours: rate('acquire()'), theirs }));
      }
      for (const side of Object.keys(mine)) {
        for (const name of RIVALS) {
          const isJudged = name === 'redlock' && min !== undefined && !side.endsWith('stored');
          const of = (one, measure) => values[one]?.map((value) => value[measure]);
          for (const [what, unit, measure] of [
            ['throughput', 'cycles/s', 'rate'],
            ['CPU a cycle', 'µs', 'cpu'],
          ]) {
            const peer = { name, values: of(name, measure), missing: absent('redis') };
            const targets = isJudged && measure === 'rate' ? [{ of: 'ratio', min }] : [];
            report(
              compare({
                what: `${side}: ${what}, ${count} at a time`,
                unit,
                ours: of(side, measure),
                theirs: peer,
                targets,
              }),
            );
          }
        }
      }
    }
  },
});
