import { concatMap, from, NEVER, of, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { lockMap } from '../../operators/lock-map.js';
import { usingLock } from '../../operators/using-lock.js';
import { memory } from '../../src/backends/memory/memory.js';
import { createLocks } from '../../src/locks/create-locks.js';
import type { LocksOptions } from '../../src/contract/options.js';
import { setup, Time } from '../support/virtual.js';
import { spyOnWarnings } from '../support/spy-on-warnings.js';

const emitWarning = spyOnWarnings();

/** Locks in virtual time, and whether they have warned. */
function waiting(options: LocksOptions = {}) {
  const time = new Time();
  const locks = createLocks(memory(), { scheduler: time, prefix: 'shop/', ...options });
  return { time, locks, warned: (): unknown[] => emitWarning.mock.calls.map((call) => call[0]) };
}

describe('RXLOCK_SELF', () => {
  it('warns, once and by the whole name, of a wait that its own holder has outlasted for a ttl', () => {
    const { locks, time, warned } = waiting();
    usingLock(locks.lock$('a', '10s'), () => usingLock(locks.lock$('a', '10s'), () => NEVER)).subscribe();
    locks.lock$('a', '10s').subscribe();
    time.advance(9999);
    expect(warned()).toEqual([]);
    time.advance(1);
    expect(warned()).toEqual([
      expect.stringMatching(/^this program has waited 10000 ms for the lock 'shop\/a', and has that lock itself/),
    ]);
    expect(emitWarning.mock.calls[0]?.slice(1)).toEqual(['RxLockWarning', 'RXLOCK_SELF']);
    time.advance(60_000);
    expect(warned()).toHaveLength(1);
  });

  it('says nothing of tasks that take turns, as two values of one key under lockMap', () => {
    const { locks, time, warned } = waiting();
    const done: number[] = [];
    from([1, 2, 3, 4, 5])
      .pipe(
        lockMap(
          () => locks.lock$('orders/1', '10s'),
          (order) => timer(4000, time).pipe(concatMap(() => of(order))),
        ),
      )
      .subscribe((order) => done.push(order));
    time.advance(60_000);
    expect([done, warned()]).toEqual([[1, 2, 3, 4, 5], []]);
  });

  it('says nothing of a wait that ends by itself', () => {
    const { locks, time, warned } = waiting({ wait: '1m' });
    locks.lock$('a', '10s').subscribe();
    locks.lock$('a', '10s').subscribe({ error: () => undefined });
    time.advance(60_000);
    expect(warned()).toEqual([]);
  });

  it('says nothing once nobody waits any more, and leaves no timer', () => {
    const { locks, time, warned } = waiting();
    const holding = locks.lock$('a', '10s').subscribe();
    const wait = locks.lock$('a', '10s').subscribe();
    time.advance(9000);
    wait.unsubscribe();
    time.advance(60_000);
    holding.unsubscribe();
    time.turn();
    expect(warned()).toEqual([]);
    expect(time.actions.filter(({ closed }) => !closed)).toHaveLength(0);
  });

  it('finds the lease that is in the way for good after others that were not', () => {
    const { locks, time, warned } = waiting();
    const first = locks.lock$('a', '10s').subscribe();
    locks.lock$('a', '10s').subscribe();
    locks.lock$('a', '10s').subscribe();
    time.advance(7000);
    first.unsubscribe();
    time.advance(12_999);
    expect(warned()).toEqual([]);
    time.advance(1);
    expect(warned()).toHaveLength(1);
  });

  it('is not put off by another lease of ours that is confirmed meanwhile', () => {
    const { backend, locks, time } = setup();
    locks.lock$('a', '10s', { mode: 'shared' }).subscribe();
    backend.acquired[0]!.grant(undefined, true);
    locks.lock$('a', '10s', { mode: 'shared' }).subscribe();
    backend.acquired[1]!.grant();
    locks.lock$('a', '10s').subscribe();
    backend.acquired[2]!.held();
    backend.onRenew = (call) => {
      call.confirm();
    };
    backend.renewals[0]!.confirm();
    time.advance(10_000);
    expect(emitWarning.mock.calls.map((call) => call.slice(1))).toEqual([['RxLockWarning', 'RXLOCK_SELF']]);
  });

  it('says nothing of the places of a semaphore', () => {
    const { locks, time, warned } = waiting();
    locks.semaphore$('a', 1, '10s').subscribe();
    locks.semaphore$('a', 1, '10s').subscribe();
    time.advance(60_000);
    expect(warned()).toEqual([]);
  });
});
