import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { holds, script } from './support/check.js';
import { abandon, step } from './support/steps.js';
import { World } from './support/world.js';

beforeAll(() => {
  // These scripts wait for themselves all the time.
  vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
});

/** Runs a script, and looks at everything after each of its steps, and when all is over. */
async function play(minHold: boolean, steps: readonly ((world: World) => void)[]): Promise<void> {
  const world = new World(minHold);
  for (const run of steps) {
    const before = world.followers.map(({ word, subscription }) => ({ word, left: subscription.closed }));
    run(world);
    // Nothing is heard after the end.
    before.forEach(({ word, left }, i) => {
      if (left) expect(world.followers[i]!.word).toBe(word);
    });
    world.check();
  }
  await world.end();
  for (const { canceller } of world.followers) expect(getEventListeners(canceller.signal, 'abort')).toHaveLength(0);
}

describe('whatever happens, in whatever order', () => {
  it('a lock is told of in order, believed no longer than confirmed, and given back once', async () => {
    await holds(150, fc.tuple(fc.boolean(), script(step)), ([minHold, steps]) => play(minHold, steps));
  });

  it('a lock whose work never stops runs out, and is not renewed', async () => {
    const steps = script(fc.oneof({ weight: 12, arbitrary: step }, abandon));
    await holds(60, fc.tuple(fc.boolean(), steps), ([minHold, some]) => play(minHold, some));
  });
});
