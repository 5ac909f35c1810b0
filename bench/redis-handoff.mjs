// How soon another has the lock after a release on Redis, and the longest wait, with 20 who wait and holds of 1 ms; and
// how many commands the server got for it.
import { Redis } from 'ioredis';
import { bench, quick } from './lib/bench.mjs';
import { contend, HOLD, WAITERS } from './lib/contend.mjs';
import { countCommands } from './lib/count-commands.mjs';
import { compare, missing } from './lib/lines.mjs';
import { interleave } from './lib/numbers.mjs';
import { OURS } from './lib/our-redis.mjs';
import { PEERS } from './lib/redis-peers.mjs';
import { absent, url } from './lib/services.mjs';

const MILLIS = quick ? 300 : 2500;
const ROUNDS = quick ? 1 : 5;
const TTL = 30_000;

/** @param clients How many: one for all, or one for each contender, as in different processes. */
const side = (open, clients) => () => {
  const locks = Array.from({ length: clients }, () => open(new Redis(url.redis)));
  const acquire = (number) => locks[number % clients].acquire(`handed-on-${process.pid}`, TTL);
  return { round: () => contend(acquire, MILLIS) };
};

const CONTENDERS = WAITERS + 1;
const MINE = { 'one client': side(OURS.open, 1), 'a client each': side(OURS.open, CONTENDERS) };
const THEIRS = Object.fromEntries(Object.entries(PEERS).map(([name, { open }]) => [name, side(open, CONTENDERS)]));
const sides = { ...MINE, ...THEIRS };

const MEASURES = [
  { of: 'p50', what: 'hand-off, p50', unit: 'ms', max: 0.4 },
  { of: 'p99', what: 'hand-off, p99', unit: 'ms', max: 1.5 },
  { of: 'longest', what: 'longest wait', unit: 'ms', max: 1.5 * WAITERS * (HOLD + 0.4) },
  { of: 'commands', what: 'commands a hand-off', unit: 'commands', max: 3 },
];

await bench(import.meta.url, {
  sides,
  async measure({ start, report }) {
    if (!url.redis) return report(missing('hand-off on Redis', absent('redis')));
    const started = {};
    for (const name of Object.keys(sides)) started[name] = (await start(name)).round;
    // At first, they connect, and much of their code is not compiled yet.
    for (const round of Object.values(started)) await round();
    const commands = {};
    for (const [name, round] of Object.entries(started)) commands[name] = await commandsOf(round);
    const values = await interleave(ROUNDS, started);
    const of = (name, measure) =>
      measure === 'commands' ? [commands[name]] : values[name].map((value) => value[measure]);
    for (const mine of Object.keys(MINE)) {
      for (const { of: measure, what, unit, max } of MEASURES) {
        for (const peer of mine === 'one client' ? ['redlock'] : Object.keys(PEERS)) {
          const theirs = { name: peer, values: of(peer, measure) };
          report(compare({ what: `${mine}: ${what}`, unit, ours: of(mine, measure), theirs, targets: [{ max }] }));
        }
      }
    }
  },
});

/** What clients send for each time that the lock changes hands. Counting slows the server down: a round of its own. */
async function commandsOf(round) {
  const counted = await countCommands(url.redis);
  const { acquired } = await round();
  return (await counted()) / acquired;
}
