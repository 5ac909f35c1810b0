import fc from 'fast-check';
import { of, Subject, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { memory } from '../../src/backends/memory/memory.js';
import { createLocks } from '../../src/locks/create-locks.js';
import { LockLostError, LockNetworkError, LockValidationError } from '../../src/contract/errors.js';
import { retain, type Retention } from '../../src/contract/retention.js';
import type { CompositeEvent, CompositeLease } from '../../src/contract/lease.js';
import type { LockOptions } from '../../src/contract/options.js';
import { record, setup } from '../support/virtual.js';

/** All of some names; the service grants those of `free` at once. */
function gathering(names: readonly string[], options: LockOptions = {}, free: readonly string[] = []) {
  const all = setup();
  const { backend, locks, time } = all;
  const open = new Set(free);
  backend.onAcquire = (call) => {
    if (open.has(call.args.name)) call.grant();
  };
  backend.onRenew = (call) => {
    call.confirm();
  };
  const events = record<CompositeEvent>(time);
  const subscription = locks.all$(names, '10s', options).subscribe(events.observer);
  const last = (name: string) => backend.acquired.findLast((call) => call.args.name === name)!;
  return {
    ...all,
    ...events,
    subscription,
    asked: () => backend.acquired.map(({ args }) => args.name),
    released: () => backend.releases.flatMap(({ args }) => args.grants.map(({ name }) => name)).sort(),
    last,
    get lease(): CompositeLease<bigint> {
      const event = events.events.findLast(({ type }) => type === 'acquired');
      return (event as { lease: CompositeLease<bigint> }).lease;
    },
  };
}

describe('all$', () => {
  it('takes one after the other, in the order of their UTF-8 bytes', () => {
    const names = ['b', 'a/b', 'a', 'Z', 'a-', '\uff21', '\u{1d49c}', 'é', 'ab', '10', '9'];
    const { asked, lease } = gathering(names, {}, names);
    // In UTF-16 code units U+1D49C (a surrogate pair) would come before U+FF21.
    const order = ['10', '9', 'Z', 'a', 'a-', 'a/b', 'ab', 'b', 'é', '\uff21', '\u{1d49c}'];
    expect(asked()).toEqual(order);
    expect(lease.leases.map(({ name }) => name)).toEqual(order);
  });

  it('has the same order for everybody, whatever order they name them in', () => {
    const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'aa', 'é', '\uffdc', '\u{10400}', '\u{1d49c}'), {
      minLength: 1,
    });
    fc.assert(
      fc.property(names, (unordered) => {
        const { asked } = gathering(unordered, {}, unordered);
        expect(asked()).toEqual(unordered.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
      }),
      { numRuns: 50 },
    );
  });

  it('asks for the next when the one before is granted', () => {
    const { asked, last, log } = gathering(['b', 'a']);
    expect(asked()).toEqual(['a']);
    last('a').grant();
    expect(asked()).toEqual(['a', 'b']);
    expect(log).toEqual([]);
    last('b').grant();
    expect(log).toEqual(['0 acquired']);
  });

  it('overflows no stack with thousands of names', () => {
    const names = Array.from({ length: 5000 }, (_, i) => `n${String(i)}`);
    const { log, lease, subscription, time, released } = gathering(names, {}, names);
    expect(log).toEqual(['0 acquired']);
    expect(lease.leases).toHaveLength(5000);
    subscription.unsubscribe();
    time.turn();
    expect(released()).toHaveLength(5000);
  });

  it('refuses no names, and a name that comes twice, at the call', () => {
    const { locks } = setup();
    expect(() => locks.all$([], '10s')).toThrow(LockValidationError);
    expect(() => locks.all$(['a', 'b', 'a'], '10s')).toThrow(/'a' twice/);
    expect(() => locks.all$('ab' as never, '10s')).toThrow(LockValidationError);
    expect(() => locks.all$(['a', ''], '10s')).toThrow(LockValidationError);
  });

  it('tells whom it waits for', () => {
    const { last, events } = gathering(['a', 'b'], {}, ['a']);
    last('b').held({ holder: 'other' });
    expect(events).toMatchObject([{ type: 'waiting', name: 'b', holder: 'other' }]);
  });

  it('excludes, and lets nobody block each other', () => {
    const { time } = setup();
    const locks = createLocks(memory(), { scheduler: time });
    const logs = [
      ['a', 'b', 'c'],
      ['c', 'a'],
      ['b', 'c'],
      ['c', 'b', 'a'],
    ].map((names) => {
      const one = record<CompositeEvent>(time);
      const subscription = locks.all$(names, '10s').subscribe(one.observer);
      return { ...one, subscription };
    });
    for (let round = 0; round < 4; round++) {
      const holding = logs.filter(
        ({ log, subscription }) => log.at(-1)?.endsWith('acquired') === true && !subscription.closed,
      );
      expect(holding).toHaveLength(1);
      holding[0]!.subscription.unsubscribe();
      time.turn();
    }
    expect(logs.map(({ log }) => log.at(-1))).toEqual(['0 acquired', '0 acquired', '0 acquired', '0 acquired']);
  });

  describe('while it gathers', () => {
    it('gives back what it has when one is refused', () => {
      const { last, log, released, time } = gathering(['a', 'b', 'c'], { wait: false }, ['a', 'b']);
      last('c').held();
      time.turn();
      expect(log).toEqual(['0 LockHeldError']);
      expect(released()).toEqual(['a', 'b']);
    });

    it('gives back what it has when the subscriber leaves', () => {
      const { asked, backend, released, subscription, time } = gathering(['a', 'b', 'c'], {}, ['a', 'b']);
      subscription.unsubscribe();
      time.turn();
      expect(released()).toEqual(['a', 'b']);
      expect(asked()).toEqual(['a', 'b', 'c']);
      expect(backend.acquired[2]!.open).toBe(false);
    });

    it.each(['the wait is over', 'the subscriber leaves', 'one is refused'])(
      'keeps nothing for minHold when %s: it was never whole',
      (why) => {
        const { last, log, released, subscription, time } = gathering(['a', 'b'], { minHold: '30s', wait: '2s' }, [
          'a',
        ]);
        if (why === 'the subscriber leaves') subscription.unsubscribe();
        else if (why === 'one is refused') last('b').fail(new LockValidationError('no'));
        else time.advance(2000);
        time.turn();
        expect(released()).toEqual(['a']);
        expect(log.filter((line) => line.includes('acquired'))).toEqual([]);
      },
    );

    it('keeps nothing for minHold when it starts over', () => {
      const { backend, released, time } = gathering(['a', 'b', 'c'], { minHold: '30s' }, ['a', 'b']);
      backend.onRenew = (call) => {
        call.args.grants.forEach((grant, index) => {
          call.next({ index, outcome: grant.name === 'a' ? 'refused' : 'unknown' });
        });
      };
      time.advance(3333);
      expect(released()).toEqual(['b']);
    });

    it('renews what it has', () => {
      const { backend, log, last, time } = gathering(['a', 'b'], {}, ['a']);
      time.advance(30_000);
      expect(backend.renewals.length).toBeGreaterThan(5);
      expect(log).toEqual([]);
      last('b').grant([{ sentAt: 30_000, ttl: 10_000 }]);
      expect(log).toEqual(['30000 acquired']);
    });

    it('starts over when one is lost', () => {
      const { asked, backend, last, log, released, time } = gathering(['a', 'b', 'c'], {}, ['a', 'b']);
      const grant = backend.renewals.length;
      expect(grant).toBe(0);
      backend.onRenew = (call) => {
        call.args.grants.forEach(({ name }, index) => {
          call.next(
            name === 'a'
              ? { index, outcome: 'refused' }
              : { index, outcome: 'renewed', bounds: [{ sentAt: call.at, ttl: 10_000 }] },
          );
        });
      };
      const pending = last('c');
      time.advance(3333);
      expect(pending.open).toBe(false);
      expect(released()).toEqual(['b']);
      expect(asked()).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
      expect(log).toEqual([]);
      last('c').grant();
      expect(log).toEqual(['3333 acquired']);
    });

    it('has each of them once, though time passes while somebody hears of the first', () => {
      const { backend, locks, time } = setup();
      backend.onAcquire = (call) => call.grant();
      let blocked = false;
      locks.events$.subscribe(({ type }) => {
        if (type !== 'acquired' || blocked) return;
        blocked = true;
        time.frame += 9000;
      });
      const names: string[] = [];
      locks.all$(['a', 'b'], '10s', { onLost: 'reacquire' }).subscribe(({ type, name }) => {
        if (type === 'acquired') names.push(name);
      });
      time.advance(1000);
      expect(names.at(-1)).toBe('a,b');
      expect(new Set(names)).toEqual(new Set(['a,b']));
    });

    it('gives back what has expired before it asks for it again', () => {
      const { backend, locks, time } = setup();
      const order: string[] = [];
      backend.onAcquire = (call) => {
        order.push(`acquire ${call.args.name}`);
        if (call.args.name === 'a') call.grant();
      };
      backend.onRelease = (call) => {
        order.push(...call.args.grants.map(({ name }) => `release ${name}`));
        call.confirm();
      };
      locks.all$(['a', 'b'], '10s', { renew: false }).subscribe();
      time.advance(8000);
      expect(order).toEqual(['acquire a', 'acquire b', 'release a', 'acquire a', 'acquire b']);
    });

    it('starts over when somebody gives one of them back', () => {
      const { backend, locks, time } = setup();
      const { observer, log } = record<CompositeEvent>(time);
      locks.events$.subscribe((event) => {
        if (event.type === 'acquired') time.schedule(() => void event.lease.release(), 100);
      });
      locks.all$(['a', 'b'], '10s').subscribe(observer);
      backend.acquired[0]!.grant();
      time.advance(100);
      backend.acquired[1]!.grant();
      expect(log).toEqual([]);
      expect(backend.acquired.map(({ args }) => args.name)).toEqual(['a', 'b', 'a']);
    });

    it('shares one wait among all', () => {
      const { last, log, released, time } = gathering(['a', 'b'], { wait: '5s' });
      time.advance(3000);
      last('a').next({ type: 'queued' });
      last('a').grant();
      last('b').next({ type: 'queued' });
      time.advance(2000);
      expect(log.at(-1)).toBe('5000 LockTimeoutError');
      time.turn();
      expect(released()).toEqual(['a']);
    });

    it('asks for nothing when the wait is over with a grant', () => {
      const { asked, last, log, time } = gathering(['a', 'b'], { wait: '5s' });
      const call = last('a');
      time.frame = 5000;
      call.grant();
      expect(asked()).toEqual(['a']);
      expect(log).toEqual(['5000 LockTimeoutError']);
    });

    it('does not count wait anew when it starts over', () => {
      const { last, log, time } = gathering(
        ['a', 'b'],
        { wait: '5s', renew: false, safetyFactor: 0.3, renewRatio: 0.1 },
        ['a'],
      );
      last('b').next({ type: 'queued' });
      time.advance(3000);
      last('b').next({ type: 'queued' });
      time.advance(2000);
      expect(log.at(-1)).toBe('5000 LockTimeoutError');
    });

    it('heeds its signal until all are held', () => {
      const controller = new AbortController();
      const { last, log, released, time } = gathering(['a', 'b'], { signal: controller.signal }, ['a']);
      controller.abort(new LockNetworkError('enough'));
      time.turn();
      expect(log).toEqual(['0 LockNetworkError']);
      expect(released()).toEqual(['a']);
      const later = new AbortController();
      const held = gathering(['a', 'b'], { signal: later.signal }, ['a', 'b']);
      later.abort();
      expect(held.log).toEqual(['0 acquired']);
      expect(last('b').open).toBe(false);
    });

    it('is ended by until', () => {
      const until = new Subject<void>();
      const { log, released, time } = gathering(['a', 'b'], { until }, ['a']);
      until.next();
      time.turn();
      expect(log).toEqual(['0 complete']);
      expect(released()).toEqual(['a']);
      expect(until.observed).toBe(false);
    });

    it('asks for nothing when until is there already, and tells its error', () => {
      const over = gathering(['a'], { until: of(1) });
      expect([over.log, over.asked()]).toEqual([['0 complete'], []]);
      const failed = gathering(['a'], { until: throwError(() => new LockNetworkError('x')) });
      expect([failed.log, failed.asked()]).toEqual([['0 LockNetworkError'], []]);
    });

    it('is not ended by the maxHold of those that it has', () => {
      const { last, log, time } = gathering(['a', 'b'], { maxHold: '5s' }, ['a']);
      time.advance(6000);
      last('b').grant();
      expect(log).toEqual(['6000 acquired']);
    });
  });

  describe('when it holds all', () => {
    it('releases all with the subscription', () => {
      const { lease, log, released, subscription, time } = gathering(['a', 'b'], {}, ['a', 'b']);
      subscription.unsubscribe();
      expect(lease.isHeld).toBe(false);
      expect(released()).toEqual([]);
      time.turn();
      expect(released()).toEqual(['a', 'b']);
      expect(log).toEqual(['0 acquired']);
    });

    it('releases all with its lease', async () => {
      const { lease, log, released, time } = gathering(['a', 'b'], {}, ['a', 'b']);
      const done = lease.release();
      time.turn();
      await done;
      expect(released()).toEqual(['a', 'b']);
      expect(log).toEqual(['0 acquired', '0 released', '0 complete']);
      expect(time.actions.filter((action) => !action.closed)).toHaveLength(0);
    });

    it('releases all with one of its leases', () => {
      const { lease, log, released, time } = gathering(['a', 'b'], {}, ['a', 'b']);
      void lease.leases[1]!.release();
      time.turn();
      expect(log).toEqual(['0 acquired', '0 released', '0 complete']);
      expect(released()).toEqual(['a', 'b']);
    });

    it('says that one was lost, stops the work, and then releases the others', () => {
      const { backend, lease, log, events, released, time } = gathering(['a', 'b', 'c'], {}, ['a', 'b', 'c']);
      const order: string[] = [];
      const { signal } = lease;
      signal.addEventListener('abort', () => order.push(`aborted, released: ${String(released().length)}`));
      lease.ended$.subscribe({
        next: (event) => order.push(`ended ${event.type} ${String(event.lease === lease)}`),
        complete: () => order.push('complete'),
      });
      backend.onRenew = (call) => {
        call.next({ index: 1, outcome: 'refused' });
      };
      time.advance(3333);
      expect(order).toEqual(['aborted, released: 0', 'ended lost true', 'complete']);
      expect(log).toEqual(['0 acquired', '3333 lost', '3333 complete']);
      expect(events.at(-1)).toMatchObject({ type: 'lost', name: 'a,b,c', reason: 'refused', lease });
      expect(signal.reason).toBeInstanceOf(LockLostError);
      expect(released()).toHaveLength(2);
      expect(lease.isHeld).toBe(false);
    });

    it('errors with onLost: error', () => {
      const { log, time } = gathering(['a', 'b'], { onLost: 'error', renew: false }, ['a', 'b']);
      time.advance(8000);
      expect(log).toEqual(['0 acquired', '8000 lost', '8000 LockLostError']);
    });

    it('contends again with onLost: reacquire, with wait counted anew', () => {
      const options = { onLost: 'reacquire', renew: false, wait: '3s' } as const;
      const { asked, last, log, time, backend } = gathering(['a', 'b'], options, ['a', 'b']);
      backend.onAcquire = (call) => {
        call.next({ type: 'queued' });
      };
      time.advance(8000);
      expect(asked()).toEqual(['a', 'b', 'a']);
      time.advance(2000);
      last('a').grant();
      time.advance(500);
      last('b').grant();
      expect(log.filter((line) => !line.includes('waiting'))).toEqual(['0 acquired', '8000 lost', '10500 acquired']);
      time.advance(7000);
      time.advance(3000);
      expect(log.at(-1)).toMatch(/LockTimeoutError/);
    });

    it('asks for nothing anew before it is known what else is gone', () => {
      const { backend, locks, time } = setup();
      backend.onAcquire = (call) => call.grant();
      backend.onRenew = (call) => {
        call.refuse();
      };
      const order: string[] = [];
      locks.events$.subscribe(({ type, name }) => {
        if (type !== 'requested') order.push(`${type} ${name}`);
      });
      const kept: Retention[] = [];
      locks.all$(['a', 'b'], '10s', { onLost: 'reacquire' }).subscribe((event) => {
        if (event.type === 'acquired') kept.push(retain(event.lease));
      });
      time.advance(4000);
      expect(order.slice(0, 5)).toEqual(['acquired a', 'acquired b', 'lost a', 'lost b', 'acquired a']);
    });

    it('tells released once, though until comes while that is told', () => {
      const until = new Subject<void>();
      const { backend, locks, time } = setup();
      backend.onAcquire = (call) => call.grant();
      const log: string[] = [];
      locks.all$(['a', 'b'], '10s', { until, maxHold: '5s' }).subscribe({
        next: (event) => {
          log.push(event.type);
          if (event.type !== 'released') return;
          expect(event.lease.isHeld).toBe(false);
          until.next();
        },
        complete: () => log.push('complete'),
      });
      time.advance(6000);
      expect(log.filter((type) => type !== 'uncertain')).toEqual(['acquired', 'released', 'complete']);
    });

    it('is released by until, once, after which nothing is asked for again', () => {
      const until = new Subject<void>();
      const { asked, log, released, time } = gathering(['a', 'b'], { until, onLost: 'reacquire' }, ['a', 'b']);
      until.next();
      time.advance(60_000);
      expect(log).toEqual(['0 acquired', '0 released', '0 complete']);
      expect(released()).toEqual(['a', 'b']);
      expect(asked()).toHaveLength(2);
    });

    it('tells a loss rather than the release when until comes too late, and ends all the same', () => {
      const until = new Subject<void>();
      const { log, time } = gathering(['a', 'b'], { until, onLost: 'reacquire' }, ['a', 'b']);
      time.frame = 9000;
      until.next();
      expect(log.slice(0, 2)).toEqual(['0 acquired', '9000 lost']);
      expect(log.at(-1)).toBe('9000 complete');
    });

    it('is released after maxHold, counted from when all were held', () => {
      const { last, log, released, time } = gathering(['a', 'b'], { maxHold: '5s' }, ['a']);
      time.advance(3000);
      last('b').grant();
      time.advance(4999);
      expect(log.at(-1)).not.toContain('released');
      time.advance(1);
      expect(log.slice(-2)).toEqual(['8000 released', '8000 complete']);
      expect(released()).toEqual(['a', 'b']);
      expect(time.actions.filter((action) => !action.closed)).toHaveLength(0);
    });

    it('keeps each for minHold', () => {
      const { released, subscription, time } = gathering(['a', 'b'], { minHold: '30s' }, ['a', 'b']);
      subscription.unsubscribe();
      time.advance(29_999);
      expect(released()).toEqual([]);
      time.advance(1);
      expect(released()).toEqual(['a', 'b']);
    });

    it('counts minHold from when all were held', () => {
      const { last, released, subscription, time } = gathering(['a', 'b'], { minHold: '30s' }, ['a']);
      time.advance(7000);
      last('b').grant();
      time.advance(1000);
      subscription.unsubscribe();
      time.advance(28_999);
      expect(released()).toEqual([]);
      time.advance(1);
      expect(released()).toEqual(['a', 'b']);
    });

    it('keeps each for minHold at the service, where that can', () => {
      const { backend, locks, time } = setup({}, { minHold: true });
      const wait: (() => void)[] = [];
      backend.onAcquire = (call) => {
        if (call.args.name === 'a') call.grant();
        else wait.push(() => call.grant());
      };
      const subscription = locks.all$(['a', 'b'], '10s', { minHold: '5s' }).subscribe();
      time.advance(1000);
      wait[0]!();
      time.advance(500);
      subscription.unsubscribe();
      time.turn();
      expect(backend.releases.flatMap(({ args }) => args.keepFor)).toEqual([4500, 4500]);
    });

    it('is kept while work under it stops', () => {
      const { backend, locks, time } = setup();
      backend.onAcquire = (call) => call.grant();
      backend.onRenew = (call) => {
        call.confirm();
      };
      let retention: Retention | undefined;
      let lease: CompositeLease<bigint> | undefined;
      const subscription = locks.all$(['a', 'b'], '10s').subscribe((event) => {
        if (event.type !== 'acquired') return;
        lease = event.lease;
        retention = retain(lease);
      });
      expect(lease!.signal.aborted).toBe(false);
      subscription.unsubscribe();
      time.advance(20_000);
      expect(lease!.isHeld).toBe(true);
      expect(lease!.signal.aborted).toBe(true);
      expect(backend.releases).toHaveLength(0);
      retention!.release();
      time.turn();
      expect(backend.releases.flatMap(({ args }) => args.grants)).toHaveLength(2);
    });
  });

  describe('its lease', () => {
    it('speaks for all of them', () => {
      const { lease, time } = gathering(['b', 'a'], { metadata: 'm' }, ['a', 'b']);
      expect(lease).toMatchObject({ name: 'a,b', ttl: 10_000, holder: 'me', fencingToken: undefined, isHeld: true });
      expect(lease.id).toBe(lease.leases.map(({ id }) => id).join(','));
      expect(lease.leases.every(({ fencingToken }) => typeof fencingToken === 'bigint')).toBe(true);
      time.frame = 100;
      expect(lease.remaining()).toBe(7900);
      lease.assertHeld();
    });

    it('has the least of what remains, and the latest of the grants', () => {
      const { last, events, time } = gathering(['a', 'b'], { renew: false }, ['a']);
      time.advance(3000);
      last('b').grant([{ sentAt: 3000, ttl: 10_000 }]);
      const { lease } = events.at(-1) as { lease: CompositeLease };
      expect(lease.remaining()).toBe(5000);
      expect(lease.acquiredAt).toEqual(new Date(3000));
      expect(lease.expiresAt).toEqual(new Date(8000));
      expect(lease.expiresAt).toEqual(lease.leases[0]!.expiresAt);
    });

    it('is not held when one is not, and says why', () => {
      const { lease, time } = gathering(['a', 'b'], {}, ['a', 'b']);
      time.frame = 8000;
      expect(lease.isHeld).toBe(false);
      expect(lease.remaining()).toBe(0);
      expect(() => {
        lease.assertHeld();
      }).toThrow(/'a' was lost: expired/);
    });

    it('tells its release', () => {
      const { lease } = gathering(['a', 'b'], {}, ['a', 'b']);
      const ended: string[] = [];
      lease.ended$.subscribe(({ type, name }) => ended.push(`${type} ${name}`));
      const { signal } = lease;
      void lease.release();
      expect(ended).toEqual(['released a,b']);
      expect((signal.reason as Error).name).toBe('AbortError');
    });

    it('is plain data in JSON', () => {
      const { lease } = gathering(['a', 'b'], {}, ['a', 'b']);
      expect(JSON.parse(JSON.stringify(lease))).toEqual({
        name: 'a,b',
        id: lease.id,
        holder: 'me',
        ttl: 10_000,
        acquiredAt: new Date(0).toISOString(),
        expiresAt: new Date(8000).toISOString(),
        isHeld: true,
      });
    });

    it('is the subject of its events', () => {
      const { backend, events, lease, time } = gathering(['a', 'b'], {}, ['a', 'b']);
      time.advance(3333);
      backend.onRenew = (call) => {
        call.fail(new LockNetworkError('down'));
      };
      time.advance(3333);
      for (const event of events.slice(1)) expect(event).toMatchObject({ name: 'a,b', lease });
      expect(events.map(({ type }) => type)).toEqual(['acquired', 'renewed', 'renewed', 'uncertain', 'uncertain']);
    });
  });
});

it('all$ says `released`, whoever fires until while that is told of one of them', () => {
  const { backend, locks, time } = setup();
  const until = new Subject<void>();
  const { log, observer } = record<CompositeEvent>(time);
  locks.all$(['a'], '10s', { until, maxHold: '1s' }).subscribe(observer);
  locks.events$.subscribe(({ type }) => {
    if (type === 'released') until.next();
  });
  backend.acquired[0]!.grant();
  time.advance(1000);
  expect(log).toEqual(['0 acquired', '1000 released', '1000 complete']);
});
