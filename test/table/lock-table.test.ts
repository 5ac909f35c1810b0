import { Terms } from '../../src/table/terms.js';
import { describe, expect, it } from 'vitest';
import type { LockTable } from '../../src/table/lock-table.js';
import { setUp, type TestPlace } from './support/support.js';

describe('LockTable', () => {
  it('grants a free name at once', () => {
    const { table, client, log } = setUp();
    const place = client('a').place('x', 1000, { metadata: 'm' });
    expect(table.acquire(place, true)).toBe('granted');
    expect(place).toMatchObject({ state: 'held', name: 'x', holder: 'a', metadata: 'm', fencingToken: 1n });
    expect(log).toEqual([]);
  });

  it('refuses a held name to who does not wait, and queues who does', () => {
    const { table, client, log } = setUp();
    const [a, b, c] = [client('a').place('x'), client('b').place('x'), client('c').place('x')];
    table.acquire(a, true);
    expect(table.acquire(b, false)).toBe('held');
    expect(table.acquire(c, true)).toBe('queued');
    expect(b.state).toBe('idle');
    table.release(a);
    expect(log).toEqual(['c granted x']);
  });

  it('lets nobody overtake the queue', () => {
    const { table, client, log } = setUp();
    const order = ['b', 'c', 'd'].map((name) => client(name).place('x'));
    const first = client('a').place('x');
    table.acquire(first, true);
    for (const place of order) table.acquire(place, true);
    expect(order.map((place) => table.position(place))).toEqual([0, 1, 2]);
    for (const place of [first, ...order]) expect(table.release(place)).toBe(true);
    expect(log).toEqual(['b granted x', 'c granted x', 'd granted x']);
  });

  it('refuses who does not wait while the next in line is still to be told', () => {
    const { table, client } = setUp();
    const answers: string[] = [];
    const first = client('a').place('x');
    const passer = client('p');
    // The hand-over of y happens within that of x: y is free then, and has a queue.
    const y = client('a').place('y');
    const waiter = client('b').place('x', 1000, {
      onGranted: () => {
        table.release(y);
        answers.push(table.acquire(passer.place('y'), false), table.status('y').holder ?? 'nobody');
      },
    });
    const nextOfY = client('c').place('y');
    for (const place of [first, y, waiter, nextOfY]) table.acquire(place, true);
    table.release(first);
    expect(answers).toEqual(['held', 'nobody']);
    expect(nextOfY.state).toBe('held');
  });

  it('takes a place once', () => {
    const { table, client } = setUp();
    const place = client('a').place('x');
    table.acquire(place, true);
    table.release(place);
    expect(() => table.acquire(place, true)).toThrow(TypeError);
  });

  describe('fencing tokens', () => {
    it('grow over the life of the table, even after the name was free', () => {
      const { table, client, clock } = setUp();
      const tokens: bigint[] = [];
      for (let i = 0; i < 3; i++) {
        const place = client('a').place('x');
        table.acquire(place, true);
        tokens.push(place.fencingToken!);
        if (i === 1) clock.advance(5000);
        else table.release(place);
        expect(table.size).toBe(0);
      }
      expect(tokens).toEqual([1n, 2n, 3n]);
    });

    it('are given at the grant, not in the queue', () => {
      const { table, client } = setUp();
      const [a, b, other] = [client('a').place('x'), client('b').place('x'), client('c').place('y')];
      table.acquire(a, true);
      table.acquire(b, true);
      expect(b.fencingToken).toBeUndefined();
      table.acquire(other, true);
      table.release(a);
      expect([a, other, b].map((place) => place.fencingToken)).toEqual([1n, 2n, 3n]);
    });
  });

  describe('owners', () => {
    it('are known by identity, never by name', () => {
      const { table, client } = setUp();
      const a = client('a');
      const place = a.place('x');
      table.acquire(place, true);
      const twin = a.place('x');
      expect(table.release(twin)).toBe(false);
      expect(table.renew(twin, 1000)).toBe(false);
      expect(table.status('x').holders).toBe(1);
    });

    it('have no say in another table', () => {
      const { table, client } = setUp();
      const other = setUp();
      const [here, there] = [client('a').place('x'), client('a').place('x')];
      table.acquire(here, true);
      other.table.acquire(there, true);
      expect(table.release(there)).toBe(false);
      expect(table.renew(there, 1000)).toBe(false);
      expect([here.state, there.state]).toEqual(['held', 'held']);
    });

    it('cannot release twice', () => {
      const { table, client } = setUp();
      const [a, b] = [client('a').place('x'), client('b').place('x')];
      table.acquire(a, true);
      table.acquire(b, true);
      expect([table.release(a), table.release(a)]).toEqual([true, false]);
      expect(b.state).toBe('held');
    });
  });

  describe('expiry', () => {
    it('happens on access, without a timer', () => {
      const { table, client, clock } = setUp();
      const a = client('a').place('x', 1000);
      table.acquire(a, true);
      clock.advance(999);
      expect(table.status('x').expiresIn).toBe(1);
      clock.advance(1);
      expect(clock.armings).toBe(0);
      expect(table.release(a)).toBe(false);
      expect(table.acquire(client('b').place('x'), false)).toBe('granted');
    });

    it('is noticed by a release and a renewal themselves', () => {
      const { table, client, clock } = setUp();
      const [a, b] = [client('a').place('x', 1000), client('a').place('y', 1000)];
      table.acquire(a, true);
      table.acquire(b, true);
      clock.block(1000);
      expect([table.release(a), table.renew(b, 1000)]).toEqual([false, false]);
    });

    it('hands over by the timer', () => {
      const { table, client, clock, log } = setUp();
      table.acquire(client('a').place('x', 1000), true);
      const b = client('b').place('x', 500);
      table.acquire(b, true);
      clock.advance(999);
      expect(log).toEqual([]);
      clock.advance(1);
      expect(log).toEqual(['a expired x', 'b granted x']);
      expect(b.due).toBe(1500);
    });

    it('tells all owners before anything is handed over', () => {
      const { table, client, clock, log } = setUp();
      const [a, b, c] = [client('a'), client('b'), client('c')];
      for (const [owner, name] of [
        [a, 'x'],
        [b, 'y'],
        [a, 'z'],
        [c, 'x'],
        [c, 'y'],
        [c, 'z'],
      ] as const) {
        table.acquire(owner.place(name), true);
      }
      clock.block(1500);
      expect(table.status('x').holder).toBe('c');
      expect(log.slice(0, 2)).toEqual([expect.stringMatching(/^. expired/), expect.stringMatching(/^. expired/)]);
      expect(log.slice(2).sort()).toEqual(['c granted x', 'c granted y', 'c granted z']);
    });

    it('is put off by a renewal, and by a shorter one brought forward', () => {
      const { table, client, clock, log } = setUp();
      const a = client('a').place('x', 1000);
      table.acquire(a, true);
      table.acquire(client('b').place('x'), true);
      clock.advance(900);
      expect(table.renew(a, 1000)).toBe(true);
      clock.advance(999);
      expect(log).toEqual([]);
      expect(table.renew(a, 10_000)).toBe(true);
      expect(table.renew(a, 50)).toBe(true);
      clock.advance(49);
      expect(log).toEqual([]);
      clock.advance(1);
      expect(log).toEqual(['a expired x', 'b granted x']);
    });

    it('is never early on a clock with fractions', () => {
      const { table, client, clock } = setUp();
      clock.now = 0.7;
      const a = client('a').place('x', 1000);
      table.acquire(a, true);
      clock.now = 1000.69;
      expect(table.renew(a, 1000)).toBe(true);
      clock.now = 2000.68;
      expect(table.release(a)).toBe(true);
    });

    it('has the timer wait for whole milliseconds, rounded up', () => {
      const { table, client, clock, log } = setUp();
      clock.now = 0.7;
      table.acquire(client('a').place('x', 1000), true);
      clock.now = 300.2;
      table.acquire(client('b').place('x'), true);
      expect(clock.armedFor).toBe(300.2 + 701);
      clock.advance(701);
      expect(log).toEqual(['a expired x', 'b granted x']);
    });

    it('does not overtake what another expiry takes time for', () => {
      const { table, client, clock } = setUp();
      const slow = client('slow');
      slow.ended = () => {
        clock.block(600);
      };
      table.acquire(slow.place('x', 1000), true);
      const other = client('b').place('y', 1500);
      table.acquire(other, true);
      clock.block(1000);
      const late = client('c').place('x', 1000);
      expect(table.acquire(late, true)).toBe('granted');
      expect(other.state).toBe('gone');
      expect(late.due).toBe(2600);
    });
  });

  describe('the timer', () => {
    it('is armed only while something is held and somebody waits or watches', () => {
      const { table, client, clock } = setUp();
      const [a, b] = [client('a').place('x'), client('b').place('x')];
      table.acquire(a, true);
      expect(clock.armedFor).toBeUndefined();
      table.acquire(b, true);
      expect(clock.armedFor).toBe(1000);
      table.leave(b);
      expect(clock.armedFor).toBeUndefined();
      const unwatch = table.watch('x', () => {});
      expect(clock.armedFor).toBe(1000);
      table.release(a);
      expect(clock.armedFor).toBeUndefined();
      unwatch();
      expect(table.size).toBe(0);
    });

    it('goes with the last held name, whoever still watches another', () => {
      const { table, client, clock } = setUp();
      const a = client('a').place('x');
      table.acquire(a, true);
      table.watch('y', () => {});
      table.release(a);
      expect(clock.armedFor).toBeUndefined();
    });

    it('is not moved by renewals', () => {
      const { table, client, clock } = setUp();
      const a = client('a').place('x', 1000);
      table.acquire(a, true);
      table.acquire(client('b').place('x'), true);
      for (let i = 0; i < 1000; i++) table.renew(a, 5000);
      expect(clock.armings).toBe(1);
      clock.advance(1000);
      expect(clock.armings).toBe(2);
      expect(clock.armedFor).toBe(5000);
    });

    it('is armed anew for what ends earlier', () => {
      const { table, client, clock, log } = setUp();
      table.acquire(client('a').place('x', 5000), true);
      table.acquire(client('b').place('x'), true);
      table.acquire(client('a').place('y', 1000), true);
      table.acquire(client('b').place('y'), true);
      expect(clock.armedFor).toBe(1000);
      clock.advance(1000);
      expect(log).toEqual(['a expired y', 'b granted y']);
    });

    it('takes more than one turn for what is further off than a timer reaches', () => {
      const { table, client, clock, log } = setUp();
      table.acquire(client('a').place('x', 2 ** 32), true);
      table.acquire(client('b').place('x'), true);
      clock.advance(2 ** 32 - 1);
      expect(log).toEqual([]);
      clock.advance(1);
      expect(log).toEqual(['a expired x', 'b granted x']);
    });
  });

  describe('release with keepFor', () => {
    it('keeps the name taken, with its holder, for so long', () => {
      const { table, client, clock, log } = setUp();
      const [a, b] = [client('a').place('x', 10_000), client('b').place('x')];
      table.acquire(a, true);
      table.acquire(b, true);
      expect(table.release(a, 500)).toBe(true);
      expect(table.status('x')).toMatchObject({ holders: 1, holder: 'a', expiresIn: 500, waiters: 1 });
      expect([table.renew(a, 1000), table.release(a), table.release(a, 9000)]).toEqual([false, false, false]);
      clock.advance(499);
      expect(b.state).toBe('waiting');
      clock.advance(1);
      // Its owner gave it back: there is nothing to tell.
      expect(log).toEqual(['b granted x']);
    });

    it('may keep it beyond its ttl', () => {
      const { table, client, clock } = setUp();
      const a = client('a').place('x', 1000);
      table.acquire(a, true);
      table.release(a, 3000);
      clock.advance(2999);
      expect(table.acquire(client('b').place('x'), false)).toBe('held');
      clock.advance(1);
      expect(table.acquire(client('b').place('x'), false)).toBe('granted');
    });
  });

  describe('leaving the queue', () => {
    it('moves the others up', () => {
      const { table, client, log } = setUp();
      const a = client('a').place('x');
      table.acquire(a, true);
      const [b, c, d] = ['b', 'c', 'd'].map((name) => client(name).place('x')) as [TestPlace, TestPlace, TestPlace];
      for (const place of [b, c, d]) table.acquire(place, true);
      table.leave(c);
      table.leave(c);
      expect([table.position(b), table.position(c), table.position(d)]).toEqual([0, undefined, 1]);
      expect(table.status('x').waiters).toBe(2);
      table.release(a);
      table.release(b);
      expect(log).toEqual(['b granted x', 'd granted x']);
    });

    it('does nothing to a place that is held', () => {
      const { table, client } = setUp();
      const a = client('a').place('x');
      table.acquire(a, true);
      table.leave(a);
      expect(a.state).toBe('held');
    });
  });

  describe('semaphores', () => {
    it('have as many places as their limit', () => {
      const { table, client, log } = setUp();
      const places = ['a', 'b', 'c', 'd'].map((name) => client(name).place('s', 1000, { limit: 2 }));
      expect(places.map((place) => table.acquire(place, true))).toEqual(['granted', 'granted', 'queued', 'queued']);
      expect(table.status('s', true)).toMatchObject({ limit: 2, holders: 2, waiters: 2, holder: 'a' });
      table.release(places[1]!);
      table.release(places[0]!);
      expect(log).toEqual(['c granted s', 'd granted s']);
    });

    it('have names of their own', () => {
      const { table, client } = setUp();
      const [lock, semaphore] = [client('a').place('x'), client('b').place('x', 1000, { limit: 1 })];
      expect([table.acquire(lock, false), table.acquire(semaphore, false)]).toEqual(['granted', 'granted']);
      expect(table.list('', true).map(({ holder }) => holder)).toEqual(['b']);
      expect(table.list().map(({ holder }) => holder)).toEqual(['a']);
      expect(table.revoke('x', true)).toBe(1);
      expect([lock.state, semaphore.state]).toEqual(['held', 'gone']);
    });

    it('refuse another limit while anybody uses them', () => {
      const { table, client } = setUp();
      const a = client('a').place('s', 1000, { limit: 2 });
      table.acquire(a, true);
      expect(table.acquire(client('b').place('s', 1000, { limit: 3 }), true)).toBe('limit-mismatch');
      table.release(a);
      expect(table.acquire(client('b').place('s', 1000, { limit: 3 }), true)).toBe('granted');
    });

    it('refuse a limit below 1', () => {
      const { table, client } = setUp();
      for (const limit of [0, -1, NaN]) {
        expect(() => table.acquire(client('a').place('s', 1000, { limit }), true)).toThrow(RangeError);
      }
      expect(table.size).toBe(0);
    });
  });

  describe('revoke', () => {
    it('tells the owner, then hands over', () => {
      const { table, client, log } = setUp();
      const a = client('a').place('x');
      table.acquire(a, true);
      table.acquire(client('b').place('x'), true);
      expect(table.revoke('x')).toBe(1);
      expect(log).toEqual(['a revoked x', 'b granted x']);
      expect([table.renew(a, 1000), table.release(a)]).toEqual([false, false]);
    });

    it('ends a name that is only kept, and tells nobody', () => {
      const { table, client, log } = setUp();
      const a = client('a').place('x');
      table.acquire(a, true);
      table.release(a, 5000);
      expect(table.revoke('x')).toBe(1);
      expect(log).toEqual([]);
      expect(table.size).toBe(0);
    });

    it('does nothing to a free name', () => {
      const { table } = setUp();
      expect(table.revoke('x')).toBe(0);
      expect(table.size).toBe(0);
    });
  });

  describe('watch', () => {
    it('calls back at each change', () => {
      const { table, client, clock } = setUp();
      const seen: string[] = [];
      const stop = table.watch('x', () => {
        const { holder = 'nobody', waiters, expiresIn } = table.status('x');
        seen.push(`${holder} ${waiters} ${expiresIn}`);
      });
      const [a, b] = [client('a').place('x', 1000), client('b').place('x', 1000)];
      table.acquire(a, true);
      table.acquire(b, true);
      clock.advance(0);
      table.renew(a, 2000);
      table.release(a);
      table.release(b, 300);
      clock.advance(300);
      stop();
      table.acquire(client('c').place('x'), true);
      expect(seen).toEqual(['a 0 1000', 'a 1 1000', 'a 1 2000', 'b 0 1000', 'b 0 300', 'nobody 0 undefined']);
    });

    it('ends at once, even from within a callback', () => {
      const { table, client } = setUp();
      const seen: string[] = [];
      const first = table.watch('x', () => {
        seen.push('first');
        first();
        second();
      });
      const second = table.watch('x', () => seen.push('second'));
      table.acquire(client('a').place('x'), true);
      expect(seen).toEqual(['first']);
    });

    it('shows an acquisition that a watcher has undone as refused', () => {
      const { table, client } = setUp();
      table.watch('x', () => {
        if (table.status('x').holders > 0) table.revoke('x');
      });
      expect(table.acquire(client('a').place('x'), true)).toBe('held');
    });
  });

  describe('callbacks', () => {
    it('do not overflow the stack, however many waiters release at once', () => {
      const { table, client, clock } = setUp();
      let granted = 0;
      const a = client('a').place('x');
      table.acquire(a, true);
      const crowd = client('crowd');
      for (let i = 0; i < 20_000; i++) {
        const onGranted = (place: TestPlace): void => {
          granted++;
          table.release(place);
        };
        expect(table.acquire(crowd.place('x', 1000, { onGranted }), true)).toBe('queued');
      }
      table.release(a);
      expect(granted).toBe(20_000);
      expect(table.size).toBe(0);
      expect(clock.armedFor).toBeUndefined();
    });

    it('do not overflow it either when they ask again', () => {
      const { table, client } = setUp();
      const a = client('a');
      let left = 50_000;
      const again = (place: TestPlace): void => {
        if (--left > 0) table.acquire(a.place('x', 1000, { onGranted: again }), true);
        table.release(place);
      };
      const first = a.place('x');
      table.acquire(first, true);
      table.acquire(a.place('x', 1000, { onGranted: again }), true);
      table.release(first);
      expect(left).toBe(0);
      expect(table.size).toBe(0);
    });

    it('may throw: the others are told all the same', () => {
      const { table, client, log } = setUp();
      const places = ['x', 'y'].map((name) => client('a').place(name));
      for (const place of places) table.acquire(place, true);
      const failing = client('b').place('x', 1000, {
        onGranted: () => {
          table.release(places[1]!);
          throw new Error('mine');
        },
      });
      table.acquire(failing, true);
      table.acquire(client('c').place('y'), true);
      expect(() => table.release(places[0]!)).toThrow('mine');
      expect(log).toEqual(['b granted x', 'c granted y']);
      table.release(failing);
      expect(table.status('x').holders).toBe(0);
    });

    it('find a clock that is read anew for each grant', () => {
      const { table, client, clock } = setUp();
      const a = client('a').place('s', 1000, { limit: 2 });
      const b = client('a').place('s', 1000, { limit: 2 });
      table.acquire(a, true);
      table.acquire(b, true);
      const slow = client('b').place('s', 1000, {
        limit: 2,
        onGranted: () => {
          clock.block(700);
        },
      });
      const last = client('c').place('s', 1000, { limit: 2 });
      table.acquire(slow, true);
      table.acquire(last, true);
      table.revoke('s', true);
      expect([slow.due, last.due]).toEqual([1000, 1700]);
    });
  });

  it('takes any string for a name', () => {
    const { table, client } = setUp();
    for (const name of ['__proto__', 'constructor', 'toString', '', '💥', 'a/b']) {
      const place = client('a').place(name);
      expect(table.status(name).holders).toBe(0);
      expect(table.acquire(place, false)).toBe('granted');
      expect(table.acquire(client('b').place(name), false)).toBe('held');
      expect(table.release(place)).toBe(true);
    }
    expect(table.size).toBe(0);
  });

  it('lists by prefix what is held', () => {
    const { table, client } = setUp();
    for (const name of ['a/1', 'a/2', 'b/1']) table.acquire(client('h').place(name), true);
    table.acquire(client('w').place('a/2'), true);
    table.watch('a/3', () => {});
    expect(table.list('a/').map(({ name, waiters }) => [name, waiters])).toEqual([
      ['a/1', 0],
      ['a/2', 1],
    ]);
    expect(table.list()).toHaveLength(3);
  });

  it('keeps nothing of a name that nobody uses', () => {
    const { table, client, clock } = setUp();
    for (let i = 0; i < 100; i++) {
      const [a, b, c] = [
        client('a').place(`x${i}`),
        client('b').place(`x${i}`),
        client('c').place(`x${i}`, 1000, { limit: 3 }),
      ];
      const stop = table.watch(`x${i}`, () => {});
      for (const place of [a, b, c]) table.acquire(place, true);
      table.leave(b);
      stop();
      if (i % 2 === 0) for (const place of [a, c]) table.release(place);
    }
    expect(table.size).toBe(100);
    clock.advance(1000);
    expect(table.size).toBe(0);
    expect(table.places()).toEqual([]);
    expect(clock.armedFor).toBeUndefined();
  });

  it('needs no memory for renewals', () => {
    const { table, client, clock } = setUp();
    const a = client('a').place('x', 1000);
    table.acquire(a, true);
    table.acquire(client('b').place('x'), true);
    for (let i = 0; i < 100_000; i++) table.renew(a, 1000 + (i % 7));
    expect(heapSize(table)).toBe(1);
    expect(clock.armings).toBe(1);
  });
});

/** What no public member tells: how much a table remembers of expiries. */
function heapSize(table: LockTable): number {
  return Object.values(table).find((one) => one instanceof Terms)?.size ?? NaN;
}
