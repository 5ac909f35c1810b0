import { describe, expect, it } from 'vitest';
import { memory } from '../../src/backends/memory/memory.js';
import { createLocks } from '../../src/locks/create-locks.js';
import { LockConfigError, LockUnsupportedError, LockValidationError } from '../../src/contract/errors.js';
import type { LockEvent, WaitingEvent } from '../../src/contract/lease.js';
import { record, setup, Time } from '../support/virtual.js';

describe('permits of semaphore$', () => {
  it('are taken all or none, in the order of arrival', () => {
    const time = new Time();
    const locks = createLocks(memory(), { scheduler: time });
    const take = (permits?: number) => {
      const events = record<LockEvent<bigint>>(time);
      const subscription = locks.semaphore$('api', 5, '10s', permits === undefined ? {} : { permits });
      return { ...events, subscription: subscription.subscribe(events.observer) };
    };
    const [three, one, large, small] = [take(3), take(), take(5), take(1)];
    expect([three, one, large, small].map(({ log }) => log.at(-1))).toEqual([
      ...['0 acquired', '0 acquired'],
      ...['0 waiting', '0 waiting'],
    ]);
    time.advance(4000);
    three.subscription.unsubscribe();
    time.turn();
    expect([large.log.length, small.log.length]).toEqual([1, 1]);
    one.subscription.unsubscribe();
    time.turn();
    expect([large.log.at(-1), small.log.at(-1)]).toEqual(['4000 acquired', '0 waiting']);
    large.subscription.unsubscribe();
    time.turn();
    expect(small.log.at(-1)).toBe('4000 acquired');
  });

  it('are asked of the service', () => {
    const { locks, backend } = setup();
    locks.semaphore$('a', 5, '10s', { permits: 3 }).subscribe();
    locks.semaphore$('a', 5, '10s').subscribe();
    expect(backend.acquired.map(({ args }) => [args.limit, args.permits])).toEqual([
      [5, 3],
      [5, 1],
    ]);
  });

  it('are more than the limit, or no number: LockValidationError at the call', () => {
    const { locks } = setup();
    for (const permits of [6, 0, -1, 1.5, NaN, Infinity, '2', null]) {
      const wrong = { permits: permits as never };
      expect(() => locks.semaphore$('a', 5, '10s', wrong), String(permits)).toThrow(LockValidationError);
      expect(() => locks.semaphore$('a', 5, '10s', wrong)).toThrow(/permits/);
    }
    expect(() => locks.lock$('a', '10s', { permits: 1 } as never)).toThrow(/no option 'permits'/);
  });

  it('are more than one, on a service that gives one: LockUnsupportedError at the call', () => {
    const { locks, backend } = setup({}, { permits: false });
    expect(() => locks.semaphore$('a', 5, '10s', { permits: 2 })).toThrow(LockUnsupportedError);
    locks.semaphore$('a', 5, '10s', { permits: 1 }).subscribe();
    expect(backend.acquired).toHaveLength(1);
  });

  it('say that a wait is our own if those of others are not enough', () => {
    const self = (permits: number): boolean | undefined => {
      const { locks, backend } = setup();
      locks.semaphore$('a', 5, '10s', { permits: 3 }).subscribe();
      backend.acquired[0]!.grant();
      let waiting: WaitingEvent | undefined;
      locks.semaphore$('a', 5, '10s', { permits }).subscribe((event) => {
        if (event.type === 'waiting') waiting = event;
      });
      backend.acquired[1]!.held();
      return waiting?.self;
    };
    expect([self(2), self(3)]).toEqual([false, true]);
  });
});

describe('limit and permits of promises', () => {
  it('make them permits of a semaphore, whose name is no lock’s', async () => {
    const backend = memory();
    const locks = createLocks(backend);
    await using lock = await locks.acquire('api', '30s');
    const two = await locks.acquire('api', '30s', { limit: 3, permits: 2 });
    expect(await locks.tryAcquire('api', '30s', { limit: 3, permits: 2 })).toBeNull();
    expect(await locks.using('api', '30s', () => 'the third', { limit: 3 })).toBe('the third');
    expect(await locks.tryUsing('api', '30s', () => 1, { limit: 3, permits: 3 })).toBeNull();
    await two.release();
    expect(await locks.tryUsing('api', '30s', () => 'all', { limit: 3, permits: 3, drainTimeout: '1s' })).toBe('all');
    expect(lock.isHeld).toBe(true);
    await lock.release();
    await locks.close();
  });

  it('reject at the call if they cannot be', async () => {
    const { locks, backend } = setup();
    const wrong = [
      [{ limit: 0 }, LockValidationError, /limit/],
      [{ limit: 1.5 }, LockValidationError, /limit/],
      [{ limit: null }, LockValidationError, /limit/],
      [{ limit: 2, permits: 3 }, LockValidationError, /more than the limit/],
      [{ permits: 1 }, LockValidationError, /give its limit/],
      [{ limit: 2, mode: 'shared' }, LockConfigError, /no mode/],
    ] as const;
    for (const [options, type, message] of wrong) {
      for (const call of [
        () => locks.acquire('a', '10s', options as never),
        () => locks.tryAcquire('a', '10s', options as never),
        () => locks.using('a', '10s', () => 1, options as never),
        () => locks.tryUsing('a', '10s', () => 1, options as never),
      ]) {
        await expect(call()).rejects.toThrow(message);
        await expect(call()).rejects.toBeInstanceOf(type);
      }
    }
    for (const options of [{ limit: 2 }, { permits: 1 }]) {
      await expect(locks.acquireAll(['a'], '10s', options as never)).rejects.toThrow(/no option/);
      await expect(locks.usingAll(['a'], '10s', () => 1, options as never)).rejects.toThrow(/no option/);
    }
    expect(backend.acquired).toHaveLength(0);
  });

  it('reject on a service that has no semaphores', async () => {
    const { locks } = setup({}, { semaphore: false });
    await expect(locks.acquire('a', '10s', { limit: 2 })).rejects.toBeInstanceOf(LockUnsupportedError);
  });
});
