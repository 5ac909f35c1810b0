import { describe, expect, it } from 'vitest';
import { HeldSum } from '../../../../src/native/held-sum.js';
import { Unheard } from '../../../../src/server/native/desk/unheard.js';

/** As good as chance, and the same each time: between 0 and 1. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** What was said, from the first news on: what a client believes that has heard a part of it is found by reading that part. */
interface News {
  readonly id: number;
  readonly isGrant: boolean;
}

/** @returns What a client holds that has heard so many news, and has given back what it has. */
function read(all: readonly News[], heard: number, givenBack: ReadonlySet<number>): HeldSum {
  const holds = new Set<number>();
  for (const { id, isGrant } of all.slice(0, heard)) {
    if (isGrant) holds.add(id);
    else holds.delete(id);
  }
  const sum = new HeldSum();
  for (const id of holds) if (!givenBack.has(id)) sum.add(id);
  return sum;
}

describe('what a client must believe', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('is what it would believe that has heard just that (seed %i)', (seed) => {
    const random = randomFrom(seed);
    const unheard = new Unheard();
    const told = new HeldSum();
    const held = new Map<number, number>();
    const all: News[] = [];
    const givenBack = new Set<number>();
    let heard = 0;
    let lastId = 0;
    for (let step = 0; step < 4000; step++) {
      const what = random();
      const ids = [...held.keys()];
      const id = ids[Math.floor(random() * ids.length)];
      if (what < 0.35) {
        lastId++;
        held.set(lastId, unheard.grant(lastId));
        told.add(lastId);
        all.push({ id: lastId, isGrant: true });
      } else if (what < 0.55 && id !== undefined) {
        // It is lost: taken away, or run out.
        const news = held.get(id) as number;
        held.delete(id);
        told.remove(id);
        unheard.withdraw(id, news);
        unheard.lose(id, news);
        all.push({ id, isGrant: false });
      } else if (what < 0.7 && id !== undefined) {
        // It is given back, by who has heard of the grant.
        const news = held.get(id) as number;
        unheard.hear(news);
        heard = Math.max(heard, news);
        held.delete(id);
        told.remove(id);
        unheard.withdraw(id, news);
        givenBack.add(id);
      } else if (what < 0.85) {
        heard = Math.max(heard, Math.floor(random() * (all.length + 1)));
        unheard.hear(heard);
      }
      expect(unheard.believed(told, new HeldSum())).toEqual(read(all, heard, givenBack));
    }
    unheard.hear(all.length);
    expect(unheard.believed(told, new HeldSum())).toEqual(told);
    expect(unheard.size).toBe(0);
  });
});
