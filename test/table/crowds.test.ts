import { describe, expect, it } from 'vitest';
import { setUp, type TestPlace } from './support/support.js';

/** A name that is held, and what one watcher sees of its queue. */
function watched() {
  const stage = setUp();
  const { table, client, clock } = stage;
  table.acquire(client('a').place('x', 60_000), true);
  const seen: string[] = [];
  const stop = table.watch('x', () => seen.push(`${clock.now} ${table.status('x').waiters}`));
  const join = (): TestPlace => {
    const place = client('b').place('x');
    table.acquire(place, true);
    return place;
  };
  return { ...stage, seen, stop, join };
}

describe('the watchers of a queue', () => {
  it('are told once of all who come and leave in one turn', () => {
    const { seen, join, table, clock } = watched();
    const places = Array.from({ length: 10 }, join);
    for (const place of places.slice(0, 3)) table.leave(place);
    expect(seen).toEqual([]);
    clock.advance(0);
    expect(seen).toEqual(['0 7']);
  });

  it('are told at most every 20 ms', () => {
    const { seen, join, clock } = watched();
    for (let i = 0; i < 50; i++) {
      join();
      clock.advance(1);
    }
    clock.advance(20);
    expect(seen).toEqual(['0 1', '20 20', '40 40', '60 50']);
  });

  it('know it already when the holder has changed', () => {
    const { seen, join, table, clock } = watched();
    join();
    join();
    table.revoke('x');
    expect(seen).toEqual(['0 1']);
    clock.advance(100);
    expect(seen).toEqual(['0 1']);
  });

  it('are not told that one of them has left', () => {
    const { seen, table, clock } = watched();
    table.watch('x', () => {})();
    clock.advance(100);
    expect(seen).toEqual([]);
  });

  it('leave no timer behind', () => {
    const { stop, join, seen, table, clock } = watched();
    table.revoke('x');
    const place = join();
    join();
    table.release(place);
    stop();
    table.revoke('x');
    expect([table.size, clock.armedFor]).toEqual([0, undefined]);
    clock.advance(100);
    expect(seen.length).toBeLessThan(4);
  });

  it('are told of what the others do with a lock that has no queue at once', () => {
    const { seen, table } = watched();
    table.revoke('x');
    expect(seen).toEqual(['0 0']);
  });
});
