import { asyncScheduler, defer, finalize, NEVER, Observable, type Subscription } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { memory } from '../../src/backends/memory/memory.js';
import { createLocks } from '../../src/locks/create-locks.js';
import { shareLease, tapLock, usingLock } from '../../operators/index.js';
import { Time } from '../support/virtual.js';

function scene() {
  const time = new Time();
  const backend = memory();
  return { time, backend, locks: createLocks(backend, { scheduler: time, random: () => 0.5 }) };
}

describe('the end of work', () => {
  it('starts no other under a lock that is taken again meanwhile', async () => {
    const { time, backend, locks } = scene();
    let works = 0;
    const revoke = (): void => {
      backend.revoke('a').subscribe();
    };
    const work$ = defer(() => {
      works++;
      return NEVER;
    }).pipe(finalize(revoke));
    const subscription = usingLock(locks.lock$('a', '10s', { onLost: 'reacquire' }), () => work$).subscribe();
    subscription.unsubscribe();
    time.advance(1000);
    expect(works).toBe(1);
    expect(await locks.list()).toEqual([]);
  });

  it('is waited for in virtual time, also where none began', () => {
    const { time, locks } = scene();
    const shared$ = locks.lock$('a', '10s').pipe(shareLease());
    const real = vi.spyOn(asyncScheduler, 'schedule');
    const subscriptions: Subscription[] = [shared$.subscribe()];
    const given$ = shared$.pipe(tapLock({ acquired: ({ lease }) => void lease.release() }));
    subscriptions.push(usingLock(given$, () => new Observable(), { onLost: 'reacquire' }).subscribe());
    expect(real).not.toHaveBeenCalled();
    real.mockRestore();
    for (const one of subscriptions) one.unsubscribe();
    time.advance(1000);
  });
});
