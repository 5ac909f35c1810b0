// How soon another has the lock after a release on the project's own server, and the longest wait, with 20 who wait and
// holds of 1 ms, each of them a client of its own, or all of them one.
import { Redis } from 'ioredis';
import { bench, quick } from './lib/bench.mjs';
import { contend, HOLD, WAITERS } from './lib/contend.mjs';
import { compare, missing } from './lib/lines.mjs';
import { interleave } from './lib/numbers.mjs';
import { OURS } from './lib/our-socket.mjs';
import { PEERS } from './lib/redis-peers.mjs';
import { absent, url } from './lib/services.mjs';

const MILLIS = quick ? 300 : 2500;
const ROUNDS = quick ? 1 : 5;
const TTL = 30_000;
const RIVALS = ['redlock', 'redis-semaphore'];
const CONTENDERS = WAITERS + 1;

const side = (open, clients) => () => {
  const locks = Array.from({ length: clients }, open);
  const acquire = (number) => locks[number % clients].acquire(`handed-on-${process.pid}`, TTL);
  return { round: () => contend(acquire, MILLIS) };
};

const mine = Object.fromEntries(
  Object.entries(OURS).flatMap(([kind, open]) => [
    [`one client${kind}`, side(open, 1)],
    [`a client each${kind}`, side(open, CONTENDERS)],
  ]),
);
const theirs = Object.fromEntries(
  RIVALS.map((name) => [name, side(() => PEERS[name].open(new Redis(url.redis)), CONTENDERS)]),
);

const MEASURES = [
  { of: 'p50', what: 'hand-off, p50', max: 0.1 },
  { of: 'p99', what: 'hand-off, p99', max: 0.5 },
  { of: 'longest', what: 'longest wait', max: 1.5 * WAITERS * (HOLD + 0.1) },
];

await bench(import.meta.url, {
  sides: { ...mine, ...theirs },
  async measure({ start, report }) {
    if (!url.rxlock) return report(missing('hand-off on the own server', absent('rxlock')));
    const started = {};
    for (const name of Object.keys(url.redis ? { ...mine, ...theirs } : mine))
      started[name] = (await start(name)).round;
    // At first, they connect, and much of their code is not compiled yet.
    for (const round of Object.values(started)) await round();
    const values = await interleave(ROUNDS, started);
    for (const name of Object.keys(mine)) {
      for (const { of, what, max } of MEASURES) {
        for (const peer of RIVALS) {
          const measured = (one) => values[one]?.map((value) => value[of]);
          const other = { name: peer, values: measured(peer), missing: absent('redis') };
          const targets = name.endsWith('stored') ? [] : [{ max }];
          report(compare({ what: `${name}: ${what}`, unit: 'ms', ours: measured(name), theirs: other, targets }));
        }
      }
    }
  },
});
