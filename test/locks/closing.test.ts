import { finalize, NEVER, Subscription, type Observable } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { memory } from '../../src/backends/memory/memory.js';
import { createLocks } from '../../src/locks/create-locks.js';
import { LockClosedError, LockValidationError } from '../../src/contract/errors.js';
import { retain, type Retention } from '../../src/contract/retention.js';
import type { Lease, LockEvent, LocksEvent } from '../../src/contract/lease.js';
import type { LockOptions } from '../../src/contract/options.js';
import { ManualBackend } from '../support/manual-backend.js';
import { until } from '../support/poll.js';
import { record, settle, setup, Time } from '../support/virtual.js';

/** Is a promise settled? Asked in virtual time. */
function watched(promise: Promise<unknown>) {
  const state = { done: false, error: undefined as unknown };
  promise.then(
    () => {
      state.done = true;
    },
    (error: unknown) => {
      state.error = error;
    },
  );
  return state;
}

/** Locks of which one is held. */
function holding(options: LockOptions = {}, features: Parameters<typeof setup>[1] = {}, keep = false) {
  const all = setup({}, features);
  all.backend.onRenew = (call) => {
    call.confirm();
  };
  const events = record<LockEvent>(all.time);
  let retention: Retention | undefined;
  let lease: Lease | undefined;
  const subscription = all.locks.lock$('a', '10s', options).subscribe({
    ...events.observer,
    next: (event) => {
      if (event.type === 'acquired') {
        lease = event.lease;
        if (keep) retention = retain(lease);
      }
      events.observer.next(event);
    },
  });
  const grant = all.backend.acquired[0]!.grant();
  return { ...all, ...events, subscription, grant, lease: lease!, retention: retention! };
}

const idle = (time: Time): boolean => time.actions.every((action) => action.closed);

afterEach(() => {
  vi.useRealTimers();
});

describe('close', () => {
  it('turns away at once who waits, however they wait', async () => {
    const { backend, locks, time } = setup({}, { push: true });
    const logs = ['asked', 'queued', 'paused', 'unconfirmed'].map((name) => {
      const one = record<LockEvent>(time);
      locks.lock$(name, '10s', { wait: '60s' }).subscribe({
        ...one.observer,
        error: (error: unknown) => one.log.push(`${String(error)} ${String((error as LockClosedError).lockName)}`),
      });
      return one.log;
    });
    backend.acquired[1]!.next({ type: 'queued' });
    backend.acquired[2]!.held();
    const grant = backend.acquired[3]!.grant(undefined, true);
    const closed = locks.close();
    expect(logs.map((log) => log.at(-1))).toEqual(
      ['asked', 'queued', 'paused', 'unconfirmed'].map((name) => `LockClosedError: these locks were closed ${name}`),
    );
    expect(backend.acquired.every(({ open }) => !open)).toBe(true);
    expect(backend.watchers).toBe(0);
    await settle(time);
    await closed;
    expect(backend.releases.map(({ args }) => args.grants)).toEqual([[grant]]);
    expect(idle(time)).toBe(true);
  });

  it('ends the streams of held locks with LockClosedError, and gives the locks back before it closes the backend', async () => {
    const { backend, lease, locks, log, time } = holding();
    const order: string[] = [];
    backend.onRelease = () => order.push('release sent');
    const close = backend.close.bind(backend);
    backend.close = () => {
      order.push('backend closed');
      return close();
    };
    const closed = watched(locks.close());
    await settle(time);
    expect(log).toEqual(['0 acquired', '0 LockClosedError']);
    expect(lease.isHeld).toBe(false);
    expect(closed.done).toBe(false);
    backend.releases[0]!.confirm();
    await settle(time);
    expect(closed.done).toBe(true);
    expect(order).toEqual(['release sent', 'backend closed']);
    expect(idle(time)).toBe(true);
  });

  it('tells a loss rather than the close where that was first', async () => {
    const { locks, log, time } = holding();
    time.frame = 9000;
    void locks.close();
    for (let i = 0; i < 10; i++) await Promise.resolve();
    expect(log).toEqual(['0 acquired', '9000 lost', '9000 complete']);
  });

  it('is idempotent, and asyncDispose is the same', async () => {
    const { backend, locks, time } = holding();
    const all = [locks.close(), locks.close({ drain: '1h' }), locks[Symbol.asyncDispose]()];
    await settle(time);
    await Promise.all(all);
    await locks.close();
    expect(backend.closed).toBe(1);
    expect(backend.releases).toHaveLength(1);
  });

  it('refuses a bad drain, and is not begun by it', async () => {
    const { locks, log } = holding();
    await expect(locks.close({ drain: 'soon' })).rejects.toThrow(LockValidationError);
    expect(log).toEqual(['0 acquired']);
    expect(() => locks.lock$('b', '10s').subscribe()).not.toThrow();
  });

  it('closes the backend once, with the last that uses it', async () => {
    const backend = new ManualBackend();
    const all = [createLocks(backend), createLocks(backend), createLocks(backend)];
    await all[0]!.close();
    await all[1]!.close();
    await all[1]!.close();
    expect(backend.closed).toBe(0);
    await all[2]!.close();
    expect(backend.closed).toBe(1);
  });

  it('does not touch the locks of others on the same backend', async () => {
    const backend = memory();
    const [one, two] = [createLocks(backend), createLocks(backend)];
    const lease = await two.acquire('a', '30s');
    await one.close();
    expect(lease.isHeld).toBe(true);
    expect((await two.status('a')).status).toBe('held');
    await two.close();
  });

  it('is done at once when there is nothing to do', async () => {
    const { backend, locks, time } = setup();
    await locks.close({ drain: '1h' });
    expect(backend.closed).toBe(1);
    expect(idle(time)).toBe(true);
  });

  describe('lets nothing new happen', () => {
    it('after it', async () => {
      const { backend, locks, time } = setup();
      const [lock$, leader$, all$, watch$] = [
        locks.lock$('a', '10s'),
        locks.leader$('a', '10s'),
        locks.all$(['a'], '10s'),
        locks.watch$('a'),
      ];
      await locks.close();
      for (const stream$ of [lock$, leader$, all$, watch$, locks.semaphore$('s', 2, '10s')]) {
        let error: unknown;
        (stream$ as Observable<unknown>).subscribe({
          error: (thrown: unknown) => {
            error = thrown;
          },
        });
        time.turn();
        expect(error).toBeInstanceOf(LockClosedError);
      }
      expect(backend.acquired).toHaveLength(0);
      expect(backend.watchers).toBe(0);
    });

    it('while it drains: a loss is not followed by another acquisition', async () => {
      const { backend, grant, locks, log, time } = holding({ onLost: 'reacquire' });
      const closed = watched(locks.close({ drain: '1m' }));
      await settle(time);
      expect(log).toEqual(['0 acquired']);
      backend.revoked$.next({ grants: [grant], reason: 'revoked' });
      expect(log).toEqual(['0 acquired', '0 lost', '0 LockClosedError']);
      await settle(time);
      expect(closed.done).toBe(true);
      expect(backend.acquired).toHaveLength(1);
    });

    it('while it drains: whoever asks is turned away', async () => {
      const { backend, locks, time, lease } = holding();
      void locks.close({ drain: '1m' });
      await settle(time);
      expect(await locks.acquire('b', '10s').catch((error: unknown) => error)).toBeInstanceOf(LockClosedError);
      expect(backend.acquired).toHaveLength(1);
      void lease.release();
      await settle(time);
      expect(backend.closed).toBe(1);
    });
  });

  describe('drain', () => {
    it('lets work go on, renewed, and ends with the last of it', async () => {
      const { backend, lease, locks, log, subscription, time } = holding();
      const closed = watched(locks.close({ drain: '60s' }));
      await settle(time);
      time.advance(20_000);
      await settle(time);
      expect(lease.isHeld).toBe(true);
      expect(backend.renewals.length).toBeGreaterThan(4);
      expect(closed.done).toBe(false);
      subscription.unsubscribe();
      await settle(time);
      expect(closed.done).toBe(true);
      expect(log.some((line) => line.includes('Closed'))).toBe(false);
      expect(time.now()).toBe(20_000);
      expect(idle(time)).toBe(true);
    });

    it('is over after its time', async () => {
      const { locks, log, lease, time } = holding();
      const { signal } = lease;
      const closed = watched(locks.close({ drain: '5s' }));
      await settle(time);
      time.advance(4999);
      await settle(time);
      expect(signal.aborted).toBe(false);
      time.advance(1);
      await settle(time);
      expect(log.at(-1)).toBe('5000 LockClosedError');
      expect(signal.aborted).toBe(true);
      expect(closed.done).toBe(true);
    });

    it('may be shortened by another call, never lengthened', async () => {
      const { locks, log, time } = holding();
      const all = [locks.close({ drain: '60s' }), locks.close({ drain: '10s' }), locks.close({ drain: '1h' })];
      time.advance(3000);
      await settle(time);
      all.push(locks.close({ drain: '2s' }));
      time.advance(1999);
      await settle(time);
      expect(log.at(-1)).toMatch(/renewed|acquired/);
      time.advance(1);
      await settle(time);
      expect(log.at(-1)).toBe('5000 LockClosedError');
      await Promise.all(all);
      expect(idle(time)).toBe(true);
    });

    it('may be shortened by who is turned away by it', async () => {
      const { locks, log, time } = holding();
      const turnedAway = (): void => void locks.close({ drain: '2s' });
      locks.lock$('b', '10s').subscribe({ error: turnedAway });
      const closed = locks.close({ drain: '1h' });
      time.advance(1999);
      await settle(time);
      expect(log.at(-1)).toBe('0 acquired');
      time.advance(1);
      await settle(time);
      expect(log.at(-1)).toBe('2000 LockClosedError');
      await closed;
      expect(idle(time)).toBe(true);
    });

    it('is ended at once by a call without it', async () => {
      const { locks, log, time } = holding();
      const first = locks.close({ drain: '1h' });
      await settle(time);
      const second = locks.close();
      await settle(time);
      expect(log).toEqual(['0 acquired', '0 LockClosedError']);
      await Promise.all([first, second]);
      expect(idle(time)).toBe(true);
    });

    it('is 0 by default: work is asked to stop at once', async () => {
      const { locks, lease, time } = holding();
      const { signal } = lease;
      void locks.close();
      await settle(time);
      expect(signal.aborted).toBe(true);
      expect((signal.reason as Error).name).toBe('AbortError');
    });
  });

  describe('waits', () => {
    it('for work that is retained: aborted, renewed until it has stopped, then given back', async () => {
      const { backend, lease, locks, log, retention, time } = holding({}, {}, true);
      const { signal } = lease;
      const closed = watched(locks.close());
      await settle(time);
      expect(log.at(-1)).toBe('0 LockClosedError');
      expect(signal.aborted).toBe(true);
      expect(lease.isHeld).toBe(true);
      time.advance(30_000);
      await settle(time);
      expect(closed.done).toBe(false);
      expect(lease.isHeld).toBe(true);
      expect(backend.renewals.length).toBeGreaterThan(5);
      expect(backend.releases).toHaveLength(0);
      retention.release();
      retention.release();
      await settle(time);
      expect(backend.releases).toHaveLength(1);
      expect(closed.done).toBe(true);
      expect(idle(time)).toBe(true);
    });

    it('for all that retain a lease', async () => {
      const { lease, locks, retention, time } = holding({}, {}, true);
      const second = retain(lease);
      const closed = watched(locks.close());
      await settle(time);
      retention.release();
      retention.release();
      await settle(time);
      expect([closed.done, lease.isHeld]).toEqual([false, true]);
      second.release();
      await settle(time);
      expect(closed.done).toBe(true);
    });

    it('for a retained lease that is lost, until then only', async () => {
      const { backend, grant, locks, lease, retention, time } = holding({}, {}, true);
      const closed = watched(locks.close());
      await settle(time);
      const ended: string[] = [];
      lease.ended$.subscribe(({ type }) => ended.push(type));
      backend.revoked$.next({ grants: [grant], reason: 'session' });
      await settle(time);
      expect(ended).toEqual(['lost']);
      expect(closed.done).toBe(true);
      retention.release();
      await settle(time);
      expect(backend.releases).toHaveLength(0);
    });

    it('for a lease whose work will not stop, until that has run out', async () => {
      const { backend, locks, retention, time } = holding({}, {}, true);
      const closed = watched(locks.close());
      await settle(time);
      retention.abandon();
      time.advance(7999);
      await settle(time);
      expect(closed.done).toBe(false);
      time.advance(1);
      await settle(time);
      expect(closed.done).toBe(true);
      expect(backend.renewals).toHaveLength(0);
      expect(backend.releases).toHaveLength(0);
      expect(idle(time)).toBe(true);
    });

    it('for using-callbacks, which are aborted', async () => {
      const { backend, locks, time } = setup();
      backend.onAcquire = (call) => call.grant();
      let finish: (value: string) => void = () => undefined;
      let aborted = false;
      const used = locks.using('a', '10s', ({ signal }) => {
        signal.addEventListener('abort', () => {
          aborted = true;
        });
        return new Promise<string>((resolve) => {
          finish = resolve;
        });
      });
      await settle(time);
      const closed = watched(locks.close());
      await settle(time);
      expect([aborted, closed.done]).toEqual([true, false]);
      expect(backend.releases).toHaveLength(0);
      finish('cleaned up');
      await settle(time);
      expect(await used).toBe('cleaned up');
      expect(closed.done).toBe(true);
      expect(backend.releases).toHaveLength(1);
    });

    it('for using-callbacks that end within the drain, which are not', async () => {
      const { backend, locks, time } = setup();
      backend.onAcquire = (call) => call.grant();
      let finish: (value: string) => void = () => undefined;
      let signal: AbortSignal | undefined;
      const used = locks.using('a', '10s', (lease) => {
        signal = lease.signal;
        return new Promise<string>((resolve) => {
          finish = resolve;
        });
      });
      await settle(time);
      const closed = watched(locks.close({ drain: '5s' }));
      time.advance(2000);
      await settle(time);
      expect(signal!.aborted).toBe(false);
      finish('in time');
      await settle(time);
      expect(await used).toBe('in time');
      expect(closed.done).toBe(true);
      expect(time.now()).toBe(2000);
    });

    it('for minHold, renewing meanwhile', async () => {
      const { backend, locks, subscription, time } = holding({ minHold: '30s' });
      subscription.unsubscribe();
      const closed = watched(locks.close());
      time.advance(29_999);
      await settle(time);
      expect(closed.done).toBe(false);
      expect(backend.renewals.length).toBeGreaterThan(5);
      time.advance(1);
      await settle(time);
      expect(closed.done).toBe(true);
      expect(backend.releases).toHaveLength(1);
    });

    it('for the minHold of what it ends itself', async () => {
      const { backend, locks, log, time } = holding({ minHold: '30s' });
      const closed = watched(locks.close());
      await settle(time);
      expect(log.at(-1)).toBe('0 LockClosedError');
      time.advance(30_000);
      await settle(time);
      expect([closed.done, backend.releases.length]).toEqual([true, 1]);
    });

    it('for the release that follows minHold, a second at most', async () => {
      const { backend, locks, subscription, time } = holding({ minHold: '3s' });
      backend.onRelease = undefined;
      subscription.unsubscribe();
      const closed = watched(locks.close());
      time.advance(3000);
      await settle(time);
      expect(backend.releases).toHaveLength(1);
      time.advance(999);
      await settle(time);
      expect(closed.done).toBe(false);
      time.advance(1);
      await settle(time);
      expect(closed.done).toBe(true);
    });

    it('for releases that are on their way, a second at most', async () => {
      const { backend, locks, subscription, time } = holding();
      backend.onRelease = undefined;
      subscription.unsubscribe();
      time.turn();
      const closed = watched(locks.close());
      await settle(time);
      time.advance(999);
      await settle(time);
      expect(closed.done).toBe(false);
      time.advance(1);
      await settle(time);
      expect(closed.done).toBe(true);
      expect(backend.closed).toBe(1);
      time.advance(10_000);
      expect(backend.releases.every(({ open }) => !open)).toBe(true);
      expect(idle(time)).toBe(true);
    });

    it('for the release that follows work that had to stop first, a second at most', async () => {
      const { backend, locks, retention, time } = holding({}, {}, true);
      backend.onRelease = undefined;
      const closed = watched(locks.close());
      await settle(time);
      time.advance(5000);
      retention.release();
      await settle(time);
      expect(backend.releases).toHaveLength(1);
      time.advance(999);
      await settle(time);
      expect(closed.done).toBe(false);
      time.advance(1);
      await settle(time);
      expect(closed.done).toBe(true);
    });

    it('for the release of a stray grant', async () => {
      const { backend, locks, time } = setup();
      backend.onRelease = undefined;
      locks.lock$('a', '10s').subscribe().unsubscribe();
      backend.acquired[0]!.args.stray({ name: 'a' });
      const closed = watched(locks.close());
      await settle(time);
      expect(closed.done).toBe(false);
      backend.releases[0]!.confirm();
      await settle(time);
      expect(closed.done).toBe(true);
    });
  });

  it('tells everything on events$, which completes last', async () => {
    const { locks, time } = holding();
    const log: string[] = [];
    locks.events$.subscribe({
      next: (event: LocksEvent) => log.push(event.type),
      complete: () => log.push('complete'),
    });
    locks.lock$('b', '10s').subscribe({ error: () => undefined });
    const closed = locks.close();
    await settle(time);
    await closed;
    expect(log).toEqual(['requested', 'error', 'released', 'release', 'complete']);
  });

  it('ends what is watched with LockClosedError at once, also while work drains', async () => {
    const backend = new ManualBackend();
    const time = new Time();
    const [locks, others] = [createLocks(backend, { scheduler: time }), createLocks(backend, { scheduler: time })];
    const lease = watched(locks.acquire('b', '10s'));
    backend.acquired[0]!.grant();
    const ends: unknown[] = [];
    for (const one of [locks, others]) one.watch$('a').subscribe({ error: (error: unknown) => ends.push(error) });
    const closed = locks.close({ drain: '5s' });
    expect(ends).toMatchObject([{ code: 'ERR_LOCK_CLOSED', lockName: 'a' }]);
    expect(backend.watchers).toBe(1);
    time.advance(5000);
    await settle(time);
    await closed;
    expect(lease.done).toBe(true);
    await others.close();
    expect([ends.length, backend.watchers]).toEqual([2, 0]);
  });

  it('ends what is watched by asking, and leaves no timer', async () => {
    const { backend, locks, time } = setup();
    Object.assign(backend, { watch: undefined, status: () => NEVER });
    const { log, observer } = record(time);
    (locks.watch$('a') as Observable<never>).subscribe(observer);
    time.advance(10);
    const closed = locks.close();
    expect(log).toEqual(['10 LockClosedError']);
    await settle(time);
    await closed;
    expect(idle(time)).toBe(true);
  });

  it('tells of no error of somebody who has left', async () => {
    const { locks, time } = setup();
    const errors: string[] = [];
    locks.events$.subscribe(({ type, name }) => errors.push(`${type} ${name}`));
    const others = new Subscription();
    locks.lock$('a', '10s').subscribe({
      error: () => {
        others.unsubscribe();
      },
    });
    for (const name of ['b', 'c']) others.add(locks.lock$(name, '10s').subscribe({ error: () => undefined }));
    const closed = locks.close();
    await settle(time);
    await closed;
    expect(errors.slice(3)).toEqual(['error a', 'withdrawn b', 'withdrawn c']);
  });

  it('ends though the backend never does: five seconds are enough for it', async () => {
    const { backend, locks, time } = setup();
    backend.close = () => new Promise(() => undefined);
    const closed = watched(locks.close());
    await settle(time);
    time.advance(4999);
    await settle(time);
    expect(closed.done).toBe(false);
    time.advance(1);
    await settle(time);
    expect(closed.done).toBe(true);
    expect(idle(time)).toBe(true);
  });

  it('fails with what the backend fails with when it is closed', async () => {
    for (const fails of [
      () => {
        throw new Error('mine');
      },
      () => Promise.reject(new Error('mine')),
    ]) {
      const { backend, locks } = setup();
      backend.close = fails;
      await expect(locks.close()).rejects.toThrow('mine');
    }
  });

  it('is not stopped by a listener to events$ who throws', async () => {
    const { backend, locks, time } = setup();
    const log = record<LockEvent>(time);
    vi.useFakeTimers();
    const failing = finalize<LocksEvent>(() => {
      throw new Error('mine');
    });
    const listening = locks.events$.pipe(failing).subscribe(() => {
      listening.unsubscribe();
    });
    for (const name of ['a', 'b']) locks.lock$(name, '10s').subscribe({ error: () => undefined });
    locks.lock$('c', '10s').subscribe(log.observer);
    const closed = locks.close();
    await settle(time);
    await closed;
    expect(log.log).toEqual(['0 LockClosedError']);
    expect(backend.closed).toBe(1);
    expect(() => vi.runAllTimers()).toThrow(/mine/);
  });

  it('stops to listen to the backend', async () => {
    const { backend, locks, time } = holding();
    expect(backend.revoked$.observed).toBe(true);
    const closed = locks.close();
    await settle(time);
    await closed;
    expect(backend.revoked$.observed).toBe(false);
  });

  it('is not stopped by a subscriber who throws', async () => {
    const { backend, locks, time } = setup();
    const log = record<LockEvent>(time);
    const failing = finalize<LockEvent>(() => {
      throw new Error('mine');
    });
    vi.useFakeTimers();
    for (const name of ['a', 'b'])
      locks
        .lock$(name, '10s')
        .pipe(failing)
        .subscribe({ error: () => undefined });
    locks.lock$('c', '10s').subscribe(log.observer);
    backend.acquired[0]!.grant();
    const closed = locks.close();
    await settle(time);
    await closed;
    expect(log.log).toEqual(['0 LockClosedError']);
    expect(backend.releases).toHaveLength(1);
    expect(backend.closed).toBe(1);
    expect(() => vi.runAllTimers()).toThrow(/mine/);
  });

  it('works in real time', async () => {
    const backend = memory();
    const [locks, others] = [createLocks(backend), createLocks(backend)];
    const log: string[] = [];
    locks.lock$('a', '30s').subscribe({
      next: ({ type }) => log.push(type),
      error: (error: unknown) => log.push((error as Error).name),
    });
    let stopped = false;
    const used = locks.using('b', '30s', async ({ signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      stopped = true;
    });
    await until(async () => (await others.status('b')).status === 'held', 'the work');
    await locks.close({ drain: '20ms' });
    expect(stopped).toBe(true);
    await used;
    expect(log).toEqual(['acquired', 'LockClosedError']);
    expect(await others.list()).toEqual([]);
    await others.close();
  });

  it('by whoever is told of a loss keeps that from nobody', async () => {
    const backend = memory();
    const locks = createLocks(backend);
    const told: string[] = [];
    locks.events$.subscribe({ next: ({ type }) => told.push(type), complete: () => told.push('complete') });
    const lease = await locks.acquire('a', '30s');
    let closed: Promise<void> | undefined;
    lease.signal.addEventListener('abort', () => {
      closed = locks.close();
    });
    backend.revoke('a').subscribe();
    await closed;
    expect(told).toEqual(['requested', 'acquired', 'lost', 'complete']);
  });
});
