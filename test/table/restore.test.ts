import { describe, expect, it } from 'vitest';
import { ServerTable } from '../../src/table/server-table.js';
import type { Place } from '../../src/table/place.js';
import { Client, HandClock } from './support/support.js';

function setUp(lastToken?: number) {
  const clock = new HandClock();
  const log: string[] = [];
  const changes: string[] = [];
  const onChange = ({ name, state, token }: Place, ttl: number): void => {
    changes.push(`${name} ${state} ${String(token)} ${String(ttl)}`);
  };
  const table = new ServerTable(() => clock.now, clock, { onChange, lastToken });
  return { clock, log, changes, table, client: (name: string) => new Client(name, log) };
}

describe('restore', () => {
  it('seats a holder of before for its full ttl, with its token', () => {
    const { table, client, clock, log } = setUp();
    clock.advance(700);
    const a = client('a').place('x', 1000);
    table.restore(a, 41);
    expect(table.status('x')).toMatchObject({ holders: 1, holder: 'a', fencingToken: 41n, expiresIn: 1000 });
    const b = client('b').place('x', 1000);
    expect(table.acquire(b, true)).toBe('queued');
    clock.advance(999);
    expect(log).toEqual([]);
    clock.advance(1);
    expect(log).toEqual(['a expired x', 'b granted x']);
    expect(b.token).toBe(42);
  });

  it('lets the holder renew and release it', () => {
    const { table, client } = setUp();
    const a = client('a').place('x', 1000);
    table.restore(a, 3);
    expect(table.renew(a, 5000)).toBe(true);
    expect(table.status('x').expiresIn).toBe(5000);
    expect(table.release(a)).toBe(true);
    expect(table.status('x').holders).toBe(0);
  });

  it('seats all who shared a lock, and all who have permits of a semaphore', () => {
    const { table, client } = setUp();
    const shared = [1, 2].map((id) => client(`s${String(id)}`).place('x', 1000, { mode: 'shared' }));
    shared.forEach((place, index) => {
      table.restore(place, index + 1);
    });
    expect(table.status('x')).toMatchObject({ holders: 2, mode: 'shared' });
    expect(table.acquire(client('c').place('x'), false)).toBe('held');
    expect(table.acquire(client('d').place('x', 1000, { mode: 'shared' }), false)).toBe('granted');
    table.restore(client('e').place('y', 1000, { limit: 3, permits: 2 }), 7);
    expect(table.status('y', true)).toMatchObject({ holders: 1, permits: 2, limit: 3 });
    expect(table.acquire(client('f').place('y', 1000, { limit: 3, permits: 2 }), false)).toBe('held');
    expect(table.acquire(client('g').place('y', 1000, { limit: 4, permits: 1 }), false)).toBe('limit-mismatch');
  });

  it('gives out no token as low as those of before', () => {
    const { table, client } = setUp(100);
    const [a, b] = [client('a').place('x'), client('b').place('y')];
    table.acquire(a, false);
    table.restore(client('c').place('z'), 7);
    table.acquire(b, false);
    expect([a.token, b.token]).toEqual([101, 102]);
  });

  it('refuses a place that was used before', () => {
    const { table, client } = setUp();
    const a = client('a').place('x');
    table.acquire(a, false);
    expect(() => {
      table.restore(a, 1);
    }).toThrow(TypeError);
  });
});

describe('renumber', () => {
  it('gives what is held a token above all others; it stays held, and ends when it would have', () => {
    const { table, client, clock, log } = setUp();
    const a = client('a').place('x', 1000);
    table.restore(a, 41);
    const told: (bigint | undefined)[] = [];
    table.watch('x', () => told.push(table.status('x').fencingToken));
    table.acquire(client('b').place('x', 1000), true);
    clock.advance(400);
    told.length = 0;
    expect(table.renumber(a)).toBe(true);
    expect(table.status('x')).toMatchObject({ holder: 'a', fencingToken: 42n, expiresIn: 600, waiters: 1 });
    expect(told).toEqual([42n]);
    expect(log).toEqual([]);
    clock.advance(600);
    expect(log).toEqual(['a expired x', 'b granted x']);
    expect(table.renumber(a)).toBe(false);
  });
});

describe('onChange', () => {
  it('is told of each grant, of what it is renewed to and kept for, and of its end', () => {
    const { table, client, clock, changes } = setUp();
    const a = client('a').place('x', 1000);
    table.acquire(a, false);
    table.acquire(client('b').place('x', 2000), true);
    table.renew(a, 3000);
    table.release(a, 500);
    clock.advance(500);
    clock.advance(2000);
    table.revoke('x');
    expect(changes).toEqual([
      'x held 1 1000',
      'x held 1 3000',
      'x kept 1 500',
      'x kept 1 0',
      'x held 2 2000',
      'x held 2 0',
    ]);
  });

  it('is told of all whom a revocation takes it from', () => {
    const { table, client, changes } = setUp();
    for (const name of ['a', 'b']) table.acquire(client(name).place('x', 1000, { mode: 'shared' }), false);
    changes.length = 0;
    table.revoke('x');
    expect(changes.sort()).toEqual(['x gone 1 0', 'x gone 2 0']);
  });
});
