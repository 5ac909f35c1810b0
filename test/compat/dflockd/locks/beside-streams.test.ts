import { filter, firstValueFrom, type Subscription } from 'rxjs';
import { afterEach, expect, it } from 'vitest';
import { dflockd } from '../../../../src/backends/dflockd/index.js';
import { createLocks } from '../../../../src/locks/create-locks.js';
import type { Locks } from '../../../../src/contract/locks.js';
import { describeWithDflockd } from '../../../support/dflockd-server.js';
import { until } from '../../../support/poll.js';
import { anyKey, lockOf, semaphoreOf } from '../support/support.js';

describeWithDflockd('the drop-in client beside lock$, on the same key', (server) => {
  const open: { locks?: Locks; subscription?: Subscription } = {};
  afterEach(async () => {
    open.subscription?.unsubscribe();
    await open.locks?.close();
  });
  function locksOf(options = {}): Locks {
    return (open.locks = createLocks(dflockd({ port: server().port, ...options })));
  }

  it('excludes the stream while it holds, and hands over to it', async () => {
    const locks = locksOf();
    const key = anyKey();
    const lock = lockOf({ key, port: server().port });
    await lock.acquire();
    expect(await locks.tryAcquire(key, '30s')).toBeNull();
    const types: string[] = [];
    open.subscription = locks.lock$(key, '30s').subscribe(({ type }) => types.push(type));
    await until(() => types.includes('waiting'), 'the wait');
    await lock.release();
    await until(() => types.includes('acquired'), 'the grant');
    expect(types).toEqual(['waiting', 'acquired']);
    expect(await lockOf({ key, port: server().port, acquireTimeoutS: 0 }).acquire()).toBe(false);
  });

  it('is excluded while the stream holds, and is handed the lock by it', async () => {
    const locks = locksOf();
    const key = anyKey();
    const events$ = locks.lock$(key, '30s');
    const granted = firstValueFrom(locks.events$.pipe(filter(({ type }) => type === 'acquired')));
    open.subscription = events$.subscribe();
    await granted;
    const [lock, queued] = [lockOf({ key, port: server().port }), lockOf({ key, port: server().port })];
    const turn = lock.acquire();
    await until(async () => (await locks.status(key)).waiters === 1, 'the waiter');
    expect(await queued.enqueue()).toBe('queued');
    expect([lock.token, queued.token]).toEqual([null, null]);
    open.subscription.unsubscribe();
    expect(await turn).toBe(true);
    const next = queued.wait(10);
    await lock.release();
    expect(await next).toBe(true);
    expect(await locks.tryAcquire(key, '30s')).toBeNull();
  });

  it('shares the places of a semaphore with it', async () => {
    const locks = locksOf({ semaphorePrefix: '' });
    const key = anyKey();
    const place = semaphoreOf({ key, limit: 2, port: server().port });
    await place.acquire();
    const granted: string[] = [];
    const subscription = locks.semaphore$(key, 2, '30s').subscribe(({ type }) => granted.push(type));
    open.subscription = subscription;
    await until(() => granted.includes('acquired'), 'the second place');
    const third = semaphoreOf({ key, limit: 2, port: server().port });
    const turn = third.acquire();
    await until(async () => (await statsOf(key)).waiters === 1, 'the waiter');
    subscription.unsubscribe();
    expect(await turn).toBe(true);
  });

  async function statsOf(key: string): Promise<{ waiters?: number }> {
    const { stats } = await import('../../../../src/compat/dflockd/index.js');
    return (await stats(server())).semaphores.find((one) => one.key === key) ?? {};
  }

  it('counts together with it under load', async () => {
    const locks = locksOf();
    const key = anyKey();
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await new Promise(setImmediate);
      inside--;
    };
    const workers = Array.from({ length: 6 }, async (_, worker) => {
      const lock = lockOf({ key, port: server().port });
      for (let i = 0; i < 20; i++) {
        if (worker % 2 === 0) await lock.withLock(work);
        else await locks.using(key, '30s', work);
      }
    });
    await Promise.all(workers);
    expect(most).toBe(1);
  });
});
