import { describe, expect, it } from 'vitest';
import { LockTable } from '../../src/table/lock-table.js';
import { Client, HandClock } from './support/support.js';

function setUp(lockDelay = 5000) {
  const clock = new HandClock();
  const log: string[] = [];
  const table = new LockTable(() => clock.now, clock, { lockDelay });
  return { clock, log, table, client: (name: string) => new Client(name, log) };
}

describe('the lockDelay of a table', () => {
  it('keeps a name taken after its holder has expired, whose loss is told at once', () => {
    const { table, client, clock, log } = setUp();
    const a = client('a').place('x', 1000);
    table.acquire(a, true);
    table.acquire(client('b').place('x'), true);
    clock.advance(1000);
    expect(log).toEqual(['a expired x']);
    expect([table.renew(a, 1000), table.release(a)]).toEqual([false, false]);
    expect(table.status('x')).toMatchObject({ holders: 1, holder: 'a', expiresIn: 5000, waiters: 1 });
    expect(table.acquire(client('c').place('x'), false)).toBe('held');
    clock.advance(4999);
    expect(log).toEqual(['a expired x']);
    clock.advance(1);
    expect(log).toEqual(['a expired x', 'b granted x']);
  });

  it('counts from when the holder expired, not from when anybody noticed', () => {
    const { table, client, clock, log } = setUp();
    table.acquire(client('a').place('x', 1000), true);
    clock.advance(5999);
    expect(table.acquire(client('b').place('x'), false)).toBe('held');
    clock.advance(1);
    expect(table.acquire(client('b').place('x'), false)).toBe('granted');
    expect(log).toEqual(['a expired x']);
  });

  it('is over at once if nobody noticed for so long', () => {
    const { table, client, clock, log } = setUp();
    table.acquire(client('a').place('x', 1000), true);
    clock.advance(6000);
    expect(table.acquire(client('b').place('x'), false)).toBe('granted');
    expect(log).toEqual(['a expired x']);
  });

  it('keeps nobody waiting for a holder who gave it back, even if it was kept for him', () => {
    const { table, client, clock, log } = setUp();
    const [a, b] = [client('a').place('x', 1000), client('b').place('x', 1000)];
    table.acquire(a, true);
    table.acquire(b, true);
    table.acquire(client('c').place('x', 1000), true);
    table.release(a);
    table.release(b, 300);
    clock.advance(300);
    expect(log).toEqual(['b granted x', 'c granted x']);
  });

  it('ends when the name is revoked, and does not follow that', () => {
    const { table, client, clock, log } = setUp();
    table.acquire(client('a').place('x', 1000), true);
    table.acquire(client('b').place('x'), true);
    clock.advance(1000);
    expect(table.revoke('x')).toBe(1);
    expect(table.revoke('x')).toBe(1);
    expect(log).toEqual(['a expired x', 'b granted x', 'b revoked x']);
    expect(table.size).toBe(0);
  });

  it('is one of what was held: of a shared lock for writers only, of a semaphore for its permits', () => {
    const { table, client, clock } = setUp();
    const reading = { mode: 'shared' } as const;
    table.acquire(client('a').place('x', 1000, reading), true);
    table.acquire(client('a').place('s', 1000, { limit: 3, permits: 2 }), true);
    clock.advance(1000);
    expect(table.acquire(client('w').place('x'), false)).toBe('held');
    expect(table.acquire(client('b').place('x', 1000, reading), false)).toBe('granted');
    expect(table.acquire(client('b').place('s', 1000, { limit: 3, permits: 2 }), false)).toBe('held');
    expect(table.acquire(client('b').place('s', 1000, { limit: 3, permits: 1 }), false)).toBe('granted');
  });

  it('leaves nothing behind', () => {
    const { table, client, clock } = setUp();
    table.acquire(client('a').place('x', 1000), true);
    table.acquire(client('b').place('x', 1000), true);
    clock.advance(20_000);
    expect([table.size, clock.armedFor]).toEqual([0, undefined]);
  });
});

describe('the lockDelay of a place', () => {
  it('counts in place of the table’s', () => {
    const { table, client, clock } = setUp();
    const [a, b] = [client('a').place('x', 1000, { lockDelay: 2000 }), client('b').place('y', 1000, { lockDelay: 0 })];
    table.acquire(a, true);
    table.acquire(b, true);
    clock.advance(1000);
    expect(table.status('x')).toMatchObject({ holders: 1, expiresIn: 2000 });
    expect(table.status('y')).toMatchObject({ holders: 0 });
  });
});
