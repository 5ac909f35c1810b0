// What the gate of `withLock` adds to each value: the same stream with it, less the stream without it.
import { createLocks, memory } from 'rxlock';
import { withLock } from 'rxlock/operators';
import { Subject } from 'rxjs';
import { bench, quick } from './lib/bench.mjs';
import { compare } from './lib/lines.mjs';
import { cost, interleave, median } from './lib/numbers.mjs';

const VALUES = quick ? 10_000 : 2_000_000;
const ROUNDS = quick ? 1 : 9;

/** Nanoseconds a value. */
const side = (through) => {
  const source$ = new Subject();
  let seen = 0;
  source$.pipe(...through).subscribe(() => seen++);
  return {
    async round() {
      seen = 0;
      const { cpu } = await cost(() => {
        for (let value = 0; value < VALUES; value++) source$.next(value);
      });
      if (seen !== VALUES) throw new Error(`${seen} of ${VALUES} values came through`);
      return (1000 * cpu) / VALUES;
    },
  };
};

await bench(import.meta.url, {
  sides: {
    bare: () => side([]),
    gated: () => side([withLock(createLocks(memory()).lock$('gate', '30s'))]),
  },
  async measure({ start, report }) {
    const [bare, gated] = [await start('bare'), await start('gated')];
    const values = await interleave(ROUNDS, { bare: bare.round, gated: gated.round });
    const ours = values.gated.map((value, round) => value - values.bare[round]);
    report(compare({ what: 'gate of withLock, a value', unit: 'ns', ours, targets: [{ max: 100 }] }));
    report(
      compare({
        what: `the stream without it: ${median(values.bare).toFixed(0)} ns; with it`,
        unit: 'ns',
        ours: values.gated,
      }),
    );
  },
});
