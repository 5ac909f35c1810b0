import { describe, expect, it } from 'vitest';
import { ServerTable } from '../../src/table/server-table.js';
import type { ServerTableOptions } from '../../src/table/server-table.js';
import { Client, HandClock } from './support/support.js';

function setUp(options: ServerTableOptions) {
  const clock = new HandClock();
  const log: string[] = [];
  return {
    clock,
    log,
    table: new ServerTable(() => clock.now, clock, options),
    client: (name: string) => new Client(name, log),
  };
}

describe('a table that opens later', () => {
  it('grants nothing before, and then each name to who came first', () => {
    const { table, client, clock, log } = setUp({ opensAfter: 5000 });
    expect(table.acquire(client('a').place('x'), false)).toBe('held');
    expect(table.acquire(client('a').place('s', 1000, { limit: 2 }), false)).toBe('held');
    expect(table.size).toBe(0);
    for (const name of ['b', 'c']) expect(table.acquire(client(name).place('x', 1000), true)).toBe('queued');
    expect(table.acquire(client('d').place('s', 1000, { limit: 2 }), true)).toBe('queued');
    clock.advance(4999);
    expect(log).toEqual([]);
    expect(table.status('x')).toMatchObject({ holders: 0, waiters: 2, expiresIn: 1 });
    expect(table.status('never seen').expiresIn).toBe(1);
    clock.advance(1);
    expect(log.sort()).toEqual(['b granted x', 'd granted s']);
    expect(table.status('never seen').expiresIn).toBeUndefined();
    expect(table.acquire(client('e').place('y'), false)).toBe('granted');
  });

  it('lets nobody overtake who has waited for the opening, if nobody saw it', () => {
    const { table, client, clock, log } = setUp({ opensAfter: 5000 });
    table.acquire(client('a').place('x', 1000), true);
    clock.block(6000);
    expect(table.acquire(client('b').place('x', 1000), false)).toBe('held');
    expect(log).toEqual(['a granted x']);
  });

  it('seats at once who held something before', () => {
    const { table, client } = setUp({ opensAfter: 5000 });
    table.restore(client('a').place('x', 1000), 7);
    expect(table.status('x')).toMatchObject({ holders: 1, expiresIn: 1000 });
  });
});

describe('a table that is shut', () => {
  it('hands nothing over any more, and who holds goes on', () => {
    const { table, client, clock, log } = setUp({});
    const [a, s] = [client('a').place('x', 1000), client('a').place('s', 1000, { limit: 1 })];
    for (const place of [a, s]) expect(table.acquire(place, false)).toBe('granted');
    const b = client('b').place('x', 1000);
    expect(table.acquire(b, true)).toBe('queued');
    expect(table.acquire(client('b').place('s', 1000, { limit: 1 }), true)).toBe('queued');
    table.shut();
    expect(table.isShut).toBe(true);
    expect(table.acquire(client('c').place('free', 1000), false)).toBe('held');
    expect(table.acquire(client('c').place('free', 1000), true)).toBe('queued');
    expect(table.renew(a, 2000)).toBe(true);
    expect(table.release(s)).toBe(true);
    clock.advance(2000);
    expect(log).toEqual(['a expired x']);
    table.leave(b);
    expect(table.counts).toEqual({ held: 0, waiting: 2 });
  });
});

describe('a table without fencing', () => {
  it('shows no token', () => {
    const { table, client } = setUp({ fencing: false });
    const a = client('a').place('x');
    expect(table.acquire(a, false)).toBe('granted');
    expect([a.fencingToken, table.status('x').fencingToken]).toEqual([undefined, undefined]);
  });
});
