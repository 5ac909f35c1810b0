import { describe, expect, it } from 'vitest';
import { setUp, type TestPlace } from './support/support.js';

/** A semaphore of 5, and those who want some of its permits. */
function semaphore() {
  const stage = setUp();
  const want = (name: string, permits: number, wait = true): TestPlace => {
    const place = stage.client(name).place('s', 1000, { limit: 5, permits });
    stage.log.push(`${name} ${stage.table.acquire(place, wait)}`);
    return place;
  };
  return { ...stage, want };
}

describe('a semaphore of which several permits are taken at once', () => {
  it('gives all of them or none', () => {
    const { want, table, log } = semaphore();
    want('a', 3);
    want('b', 3, false);
    const c = want('c', 2, false);
    want('d', 1, false);
    expect(log).toEqual(['a granted', 'b held', 'c granted', 'd held']);
    expect(table.status('s', true)).toMatchObject({ limit: 5, holders: 2, permits: 5, mode: undefined });
    table.release(c);
    want('d', 1, false);
    expect(log.at(-1)).toBe('d granted');
  });

  it('lets nobody pass who wants many and came first, however few the others want', () => {
    const { want, table, log } = semaphore();
    const [a, b] = [want('a', 2), want('b', 2)];
    const large = want('large', 5);
    want('c', 1);
    want('d', 1, false);
    expect(log.splice(0)).toEqual(['a granted', 'b granted', 'large queued', 'c queued', 'd held']);
    table.release(a);
    expect(log).toEqual([]);
    table.release(b);
    expect(log).toEqual(['large granted s']);
    table.release(large);
    expect(log).toEqual(['large granted s', 'c granted s']);
  });

  it('lets in as many of the next as there is room for', () => {
    const { want, table, log } = semaphore();
    const a = want('a', 5);
    for (const [name, permits] of [
      ['b', 2],
      ['c', 2],
      ['d', 2],
      ['e', 1],
    ] as const) {
      want(name, permits);
    }
    log.length = 0;
    table.release(a);
    expect(log).toEqual(['b granted s', 'c granted s']);
  });

  it('lets in those behind one that leaves the queue', () => {
    const { want, table, log } = semaphore();
    want('a', 3);
    const large = want('large', 4);
    want('b', 2);
    log.length = 0;
    table.leave(large);
    expect(log).toEqual(['b granted s']);
  });

  it('has them back when they run out, one place and all its permits', () => {
    const { want, clock, log } = semaphore();
    want('a', 4);
    clock.advance(500);
    want('b', 1);
    want('c', 4);
    log.length = 0;
    clock.advance(500);
    expect(log).toEqual(['a expired s', 'c granted s']);
  });

  it('refuses permits that are not between 1 and the limit', () => {
    const { client, table } = setUp();
    for (const permits of [0, -1, NaN, 4, Infinity]) {
      expect(() => table.acquire(client('a').place('s', 1000, { limit: 3, permits }), true)).toThrow(RangeError);
    }
    expect(table.size).toBe(0);
  });
});
