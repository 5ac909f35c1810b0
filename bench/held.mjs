// What it costs to hold 10,000 locks with a ttl of 10 s: both sides hold theirs at the same time, each in a process of
// its own, and neither counts what a server spends.
import { Redis } from 'ioredis';
import Redlock from 'redlock';
import { createLocks, memory } from 'rxlock';
import { bench, quick } from './lib/bench.mjs';
import { HELD, holder, measureHolding } from './lib/holding.mjs';
import { compare } from './lib/lines.mjs';
import { absent, url } from './lib/services.mjs';

const WINDOW = quick ? 4000 : 20_000;

const sides = {
  ours() {
    const locks = createLocks(memory());
    let renewed = 0;
    const gone = [];
    return holder(
      WINDOW,
      (name) => {
        locks.lock$(name, '10s').subscribe({
          next: ({ type }) => {
            if (type === 'renewed') renewed++;
            else if (type !== 'acquired') gone.push(type);
          },
        });
      },
      () => {
        if (gone.length > 0) throw new Error(`${gone.length} were not held throughout: ${gone[0]}`);
        if (renewed < HELD) throw new Error(`only ${renewed} renewals`);
      },
    );
  },
  redlock() {
    const redlock = new Redlock([new Redis(url.redis)]);
    const signals = [];
    return holder(
      WINDOW,
      (name) =>
        new Promise((resolve, reject) => {
          const work = (signal) => {
            signals.push(signal);
            resolve();
            return new Promise(() => {});
          };
          redlock.using([name], 10_000, work).catch(reject);
        }),
      () => {
        const lost = signals.filter(({ aborted }) => aborted).length;
        if (lost > 0) throw new Error(`redlock lost ${lost}`);
      },
    );
  },
};

await bench(import.meta.url, {
  sides,
  async measure({ start, report }) {
    const started = [await start('ours')];
    if (url.redis) started.push(await start('redlock'));
    const [ours, redlock] = await measureHolding(started);
    const theirs = url.redis ? { name: 'redlock', values: redlock } : { name: 'redlock', missing: absent('redis') };
    const what = `${HELD.toLocaleString('en')} held, ttl 10 s`;
    report(compare({ what, unit: '% of a core', ours, theirs, targets: [{ max: 1 }] }));
  },
});
