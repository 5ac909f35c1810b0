import { describe, expect, it } from 'vitest';
import { ServerTable } from '../../src/table/server-table.js';
import { schedulerTimer } from '../../src/values/scheduler-timer.js';
import { Time } from '../support/virtual.js';
import { Place } from '../../src/table/place.js';

class Seat extends Place {
  granted(): void {
    // Nobody is told.
  }
}

describe('the counts of a table', () => {
  it('are those who hold and those who wait, whoever watches', () => {
    const time = new Time();
    const table = new ServerTable(() => time.now(), schedulerTimer(time));
    const owner = { ended: () => undefined };
    const seat = (name: string, ttl: number): Seat => {
      const made = new Seat({ name, ttl }, owner);
      table.acquire(made, true);
      return made;
    };
    const first = seat('a', 1000);
    seat('a', 1000);
    const last = seat('a', 1000);
    seat('b', 500);
    const end = table.watch('a', () => undefined);
    expect(table.counts).toEqual({ held: 2, waiting: 2 });
    table.leave(last);
    time.advance(500);
    expect(table.counts).toEqual({ held: 1, waiting: 1 });
    end();
    table.release(first);
    expect(table.counts).toEqual({ held: 1, waiting: 0 });
    time.advance(1500);
    expect(table.counts).toEqual({ held: 0, waiting: 0 });
  });

  it("know whether anything is in use: what is kept, or waited for, or nobody's, is not", () => {
    const time = new Time();
    const table = new ServerTable(() => time.now(), schedulerTimer(time));
    const owner = { ended: () => undefined };
    table.restore(new Seat({ name: 'old', ttl: 1000 }, { ...owner, isNobody: true }), 1);
    expect([table.isInUse, table.counts.held]).toEqual([false, 1]);
    time.advance(1000);
    const seat = (name: string, limit?: number): Seat => {
      const made = new Seat({ name, ttl: 1000, limit }, owner);
      table.acquire(made, true);
      return made;
    };
    expect(table.isInUse).toBe(false);
    const [lock, permit] = [seat('a'), seat('s', 2)];
    seat('a');
    table.release(permit);
    expect(table.isInUse).toBe(true);
    table.release(lock, 500);
    expect([table.isInUse, table.counts]).toEqual([false, { held: 1, waiting: 1 }]);
    time.advance(500);
    expect(table.isInUse).toBe(true);
    time.advance(1000);
    expect(table.isInUse).toBe(false);
    seat('s', 2);
    expect(table.isInUse).toBe(true);
  });
});
