import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { holds } from '../../whole/properties/support/check.js';
import { happening, RandomHistory, type Happening } from './support/random-history.js';

const RUNS = 12;

describeWithRedis('whatever several clients of one Redis do, and whatever happens to them', (server) => {
  it('no lock is believed in by two, no more permits are held than there are, tokens grow, and nothing is left', async () => {
    let grants = 0;
    const steps = fc.array(happening, { minLength: 60, maxLength: 120, size: 'max' });
    const play = async (all: readonly Happening[]): Promise<void> => {
      const history = await RandomHistory.begin(server());
      try {
        for (const one of all) await history.happen(one);
        await history.end();
        expect(history.wrongs).toEqual([]);
        grants += history.grants;
      } finally {
        await history.stop();
      }
    };
    await holds(RUNS, steps, play, true);
    // Most of what happens is not in vain.
    expect(grants).toBeGreaterThan(5 * RUNS);
  });
});
