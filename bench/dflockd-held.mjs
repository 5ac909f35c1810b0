// What it costs to hold 10,000 locks on dflockd with a ttl of 10 s, beside 10,000 connections as the documented client
// has them. Both sides hold theirs at the same time, each in a process of its own, and neither counts what the server
// spends.
import { createLocks } from 'rxlock';
import { dflockd } from 'rxlock/dflockd';
import { bench, quick } from './lib/bench.mjs';
import { KINDS, onEach } from './lib/dflockd-kinds.mjs';
import { HELD, holder, measureHolding } from './lib/holding.mjs';
import { compare, missing } from './lib/lines.mjs';
import { acquire } from './lib/plain-dflockd.mjs';

const WINDOW = quick ? 1500 : 15_000;
const LEASE = quick ? 3 : 10;

const sides = {
  ours(address) {
    const locks = createLocks(dflockd(address));
    let renewed = 0;
    const gone = [];
    return holder(
      WINDOW,
      (name) =>
        new Promise((resolve, reject) => {
          locks.lock$(`ours-${name}`, `${LEASE}s`).subscribe({
            next: ({ type }) => {
              if (type === 'acquired') resolve();
              else if (type === 'renewed') renewed++;
              else gone.push(type);
            },
            error: reject,
          });
        }),
      () => {
        if (gone.length > 0) throw new Error(`${gone.length} were not held throughout: ${gone[0]}`);
        if (renewed < HELD) throw new Error(`only ${renewed} renewals`);
      },
    );
  },
  plain(address) {
    const lost = [];
    return holder(
      WINDOW,
      async (name) => {
        const lock = await acquire(address, `plain-${name}`, LEASE);
        setInterval(() => lock.renew().catch((error) => lost.push(error)), (LEASE / 2) * 1000);
      },
      () => {
        if (lost.length > 0) throw new Error(`a connection a lock lost ${lost.length}: ${lost[0].message}`);
      },
    );
  },
};

await bench(import.meta.url, {
  sides: onEach(sides),
  async measure({ start, report }) {
    for (const [kind, { address, why }] of Object.entries(KINDS)) {
      const what = `${kind}: ${HELD.toLocaleString('en')} held, ttl ${LEASE} s`;
      if (address === undefined) {
        report(missing(what, why));
        continue;
      }
      const names = Object.keys(sides);
      const started = await Promise.all(names.map((name) => start(`${kind}: ${name}`)));
      const [ours, plain] = await measureHolding(started);
      report(compare({ what, unit: '% of a core', ours, theirs: { name: 'a connection a lock', values: plain } }));
    }
  },
});
