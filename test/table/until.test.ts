import { describe, expect, it } from 'vitest';
import { setUp as setUpFor, TestPlace, type HandClock } from './support/support.js';
import { ServerTable } from '../../src/table/server-table.js';

/** A place that its owner puts off without a word to the table. */
class LongerPlace extends TestPlace {
  longer = 0;

  override get until(): number {
    return Math.max(this.due, this.longer);
  }
}

const setUp = () => setUpFor((clock: HandClock) => new ServerTable(() => clock.now, clock));

function held(ttl = 1000) {
  const { clock, table, log, client } = setUp();
  const place = new LongerPlace({ name: 'a', ttl }, client('A'));
  table.acquire(place, false);
  return { clock, table, log, client, place };
}

const isFree = (table: ServerTable): boolean => table.status('a').holders === 0;

describe('a place that its owner puts off', () => {
  it('is held until then, and tells that time', () => {
    const { clock, table, log, place } = held();
    place.longer = 2500.5;
    expect(table.status('a').expiresIn).toBe(2501);
    clock.advance(2500);
    expect([isFree(table), log]).toEqual([false, []]);
    clock.advance(1);
    expect([isFree(table), log]).toEqual([true, ['A expired a']]);
  });

  it('is put off again and again', () => {
    const { clock, table, place } = held();
    for (let time = 0; time < 10_000; time += 500) {
      place.longer = time + 1000;
      clock.advance(500);
      expect(isFree(table)).toBe(false);
    }
    clock.advance(1000);
    expect(isFree(table)).toBe(true);
  });

  it('keeps its waiter waiting, on one timer', () => {
    const { clock, table, log, client, place } = held();
    table.acquire(client('B').place('a'), true);
    place.longer = 5000;
    clock.advance(4999);
    expect(log).toEqual([]);
    clock.advance(1);
    expect(log).toEqual(['A expired a', 'B granted a']);
  });

  it('leaves those beside it where they are', () => {
    const { clock, table, log, client, place } = held();
    for (const name of ['b', 'c', 'd']) table.acquire(client(name).place(name, 1500), false);
    place.longer = 1700;
    clock.advance(1500);
    table.sweep();
    expect(log.toSorted()).toEqual(['b expired b', 'c expired c', 'd expired d']);
    clock.advance(200);
    table.sweep();
    expect(log.at(-1)).toBe('A expired a');
  });

  it('stays taken for the lock delay after its true end', () => {
    const { clock, client } = setUp();
    const table = new ServerTable(() => clock.now, clock, { lockDelay: 300 });
    const place = new LongerPlace({ name: 'a', ttl: 1000 }, client('A'));
    table.acquire(place, false);
    place.longer = 2000;
    clock.advance(2250);
    table.sweep();
    clock.advance(49);
    expect([place.state, isFree(table)]).toEqual(['kept', false]);
    clock.advance(1);
    expect(isFree(table)).toBe(true);
  });
});

describe('the queue of a name', () => {
  it('is told in order', () => {
    const { table, client } = setUp();
    for (const name of ['A', 'B', 'C']) table.acquire(client(name).place('a'), true);
    expect([...table.queue('a')].map(({ ask }) => ask.holder)).toEqual(['B', 'C']);
    expect([...table.queue('b')]).toEqual([]);
    expect([...table.queue('a', true)]).toEqual([]);
  });
});

describe('many places that are put off together', () => {
  it('are not all looked at in one moment', () => {
    const { clock, table, client } = setUp();
    let looks = 0;
    class CountedPlace extends LongerPlace {
      override get until(): number {
        looks++;
        return super.until;
      }
    }
    const owner = client('A');
    const places = Array.from(
      { length: 1000 },
      (_, index) => new CountedPlace({ name: String(index), ttl: 1000 }, owner),
    );
    for (const place of places) table.acquire(place, false);
    const most: number[] = [];
    for (let time = 0; time < 20_000; time += 10) {
      if (time % 300 === 0) for (const place of places) place.longer = time + 1000;
      looks = 0;
      clock.advance(10);
      table.sweep();
      if (time >= 1000) most.push(looks);
    }
    expect(places.every(({ state }) => state === 'held')).toBe(true);
    expect(Math.max(...most)).toBeGreaterThan(0);
    expect(Math.max(...most)).toBeLessThan(300);
  });
});
