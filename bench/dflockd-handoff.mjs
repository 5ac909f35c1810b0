// How soon another has the lock after a release on dflockd, and the longest wait, with 20 who wait and holds of 1 ms.
// Ours is announced once a renewal has confirmed it, and so is that on bare sockets; the documented client's way announces
// what may have run out.
import { createLocks } from 'rxlock';
import { dflockd } from 'rxlock/dflockd';
import { bench, quick } from './lib/bench.mjs';
import { contend, HOLD, WAITERS } from './lib/contend.mjs';
import { KINDS, onEach } from './lib/dflockd-kinds.mjs';
import { compare, missing } from './lib/lines.mjs';
import { interleave } from './lib/numbers.mjs';
import { acquire, acquireBarely, PlainConnection } from './lib/plain-dflockd.mjs';

const MILLIS = quick ? 200 : 1500;
const ROUNDS = quick ? 1 : 5;
/** Rounds before those that count: within its first few thousand hand-offs much of the code is not compiled yet, on any side. */
const WARM = quick ? 0 : 3;

const side = (take) => ({ round: () => contend(take, MILLIS) });

const sides = {
  ours(address) {
    const locks = createLocks(dflockd(address));
    return side(
      () =>
        new Promise((resolve, reject) => {
          const subscription = locks.lock$('handed-on', '30s').subscribe({
            next: ({ type }) => type === 'acquired' && resolve(() => subscription.unsubscribe()),
            error: reject,
          });
        }),
    );
  },
  plain: (address) => side(async () => (await acquire(address, 'handed-on-plainly')).release),
  async bare(address) {
    const contenders = Array.from({ length: WAITERS + 1 }, () => PlainConnection.open(address));
    const connections = await Promise.all(contenders);
    return side((number) => acquireBarely(connections[number], 'handed-on-barely'));
  },
};
const NAMES = { plain: 'a connection a lock', bare: 'bare sockets' };

const MEASURES = [
  { of: 'p50', what: 'hand-off, p50', max: 0.15 },
  { of: 'p99', what: 'hand-off, p99', max: 0.5 },
  { of: 'longest', what: 'longest wait', max: 1.5 * WAITERS * HOLD },
];

await bench(import.meta.url, {
  sides: onEach(sides),
  async measure({ start, report }) {
    for (const [kind, { address, why }] of Object.entries(KINDS)) {
      if (address === undefined) {
        report(missing(`${kind}: hand-off`, why));
        continue;
      }
      const started = {};
      for (const name of Object.keys(sides)) started[name] = (await start(`${kind}: ${name}`)).round;
      for (let warm = 0; warm < WARM; warm++) for (const round of Object.values(started)) await round();
      const values = await interleave(ROUNDS, started);
      for (const { of, what, max } of MEASURES) {
        const measured = (name) => values[name].map((value) => value[of]);
        for (const [side, name] of Object.entries(NAMES)) {
          const theirs = { name, values: measured(side) };
          const title = `${kind}: ${what}`;
          report(compare({ what: title, unit: 'ms', ours: measured('ours'), theirs, targets: [{ max }] }));
        }
      }
    }
  },
});
