// Acquiring and releasing on dflockd, beside the way of the documented client: a connection that is opened, used and
// closed for each lock; and beside bare sockets that make the same two requests, on a connection that is kept.
import { createLocks } from 'rxlock';
import { dflockd } from 'rxlock/dflockd';
import { bench, quick } from './lib/bench.mjs';
import { cycle } from './lib/cycle.mjs';
import { KINDS, onEach } from './lib/dflockd-kinds.mjs';
import { compare, missing } from './lib/lines.mjs';
import { interleave } from './lib/numbers.mjs';
import { acquire, acquireAtOnce, PlainConnection } from './lib/plain-dflockd.mjs';
import { throughput } from './lib/throughput.mjs';

const MILLIS = quick ? 50 : 250;
const ROUNDS = quick ? 1 : 9;
/** By the number of workers: the ratios that are to be reached on the real server. */
const TARGETS = {
  1: { lock$: { plain: 1.8 }, acquire: { plain: 1.5, bare: 0.85 } },
  16: {},
  100: { lock$: { plain: 5 }, acquire: { plain: 5 } },
};
const NAMES = { plain: 'a connection a lock', bare: 'bare sockets' };

const OURS = { lock$: 'lock$', acquire: 'acquire()' };

const sides = {
  // A stream that is left does not wait until the server has confirmed the release: what follows goes out with it.
  lock$(address) {
    const locks = createLocks(dflockd(address));
    return throughput(MILLIS, (worker) => cycle(locks.lock$(`ours-${worker}`, '33s')));
  },
  acquire(address) {
    const locks = createLocks(dflockd(address));
    return throughput(MILLIS, async (worker) => (await locks.acquire(`awaited-${worker}`, '33s')).release());
  },
  plain: (address) => throughput(MILLIS, async (worker) => (await acquire(address, `plain-${worker}`)).release()),
  async bare(address) {
    const connection = await PlainConnection.open(address);
    const { round } = throughput(MILLIS, async () => (await acquireAtOnce(connection, 'bare'))());
    // A connection takes one request at a time: it is a measure of one worker only.
    return { round: () => round(1) };
  },
};

await bench(import.meta.url, {
  sides: onEach(sides),
  async measure({ start, report }) {
    const started = {};
    for (const [kind, { address }] of Object.entries(KINDS)) {
      if (address === undefined) continue;
      for (const name of Object.keys(sides)) started[`${kind}: ${name}`] = await start(`${kind}: ${name}`);
    }
    for (let warm = 0; warm < (quick ? 0 : 2); warm++) for (const { round } of Object.values(started)) await round(16);
    for (const [count, mins] of Object.entries(TARGETS)) {
      const tasks = Object.entries(started).map(([name, { round }]) => [name, () => round(Number(count))]);
      const values = await interleave(ROUNDS, Object.fromEntries(tasks));
      for (const [kind, { address, why }] of Object.entries(KINDS)) {
        const line = (side, other, what, unit, measure, min) => {
          const title = `${kind}, ${OURS[side]}: ${what}, ${count} at a time`;
          if (address === undefined) return report(missing(title, why));
          const measured = (name) => values[`${kind}: ${name}`].map((value) => value[measure]);
          const theirs = { name: NAMES[other], values: measured(other) };
          const targets = kind === 'real server' && min !== undefined ? [{ of: 'ratio', min }] : [];
          report(compare({ what: title, unit, ours: measured(side), theirs, targets }));
        };
        for (const side of Object.keys(OURS)) {
          for (const other of count === '1' ? ['plain', 'bare'] : ['plain']) {
            line(side, other, 'throughput', 'cycles/s', 'rate', mins[side]?.[other]);
            line(side, other, 'CPU a cycle', 'µs', 'cpu');
          }
        }
      }
    }
  },
});
