// What it costs to hold 10,000 locks with a ttl of 10 s: both sides hold theirs at the same time, each in a process of
// its own, and neither counts what a server spends.
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import Redlock from 'redlock';
import { createLocks, memory } from 'rxlock';
import { bench, quick } from './lib/bench.mjs';
import { compare } from './lib/lines.mjs';
import { cost } from './lib/numbers.mjs';
import { absent, url } from './lib/services.mjs';

const HELD = quick ? 500 : 10_000;
const WINDOW = quick ? 4000 : 20_000;
const ROUNDS = quick ? 1 : 3;
/** The locks are taken over this long, so that their renewals come evenly, as where requests come and go. */
const SPREAD = quick ? 500 : 3000;

const side = (hold, check) => ({
  async hold() {
    for (let from = 0; from < HELD; from += HELD / 100) {
      await Promise.all(Array.from({ length: HELD / 100 }, (_, i) => hold(`held-${from + i}`)));
      await pause(SPREAD / 100);
    }
  },
  /** Per cent of a core. */
  async round() {
    const { cpu, wall } = await cost(() => pause(WINDOW / ROUNDS));
    return (100 * cpu) / wall;
  },
  check,
});

const sides = {
  ours() {
    const locks = createLocks(memory());
    let renewed = 0;
    const gone = [];
    return side(
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
    return side(
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
    await Promise.all(started.map((one) => one.hold()));
    await pause(quick ? 0 : 2000); // what the acquisitions left behind
    const values = started.map(() => []);
    for (let round = 0; round < ROUNDS; round++) {
      (await Promise.all(started.map((one) => one.round()))).forEach((value, i) => values[i].push(value));
    }
    await Promise.all(started.map((one) => one.check()));
    const [ours, redlock] = values;
    const theirs = url.redis ? { name: 'redlock', values: redlock } : { name: 'redlock', missing: absent('redis') };
    const what = `${HELD.toLocaleString('en')} held, ttl 10 s`;
    report(compare({ what, unit: '% of a core', ours, theirs, targets: [{ max: 1 }] }));
  },
});
