import { asapScheduler, asyncScheduler, finalize, NEVER, Observable, observeOn, queueScheduler } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { usingLock, whileLeader } from '../../operators/index.js';
import { createLocks } from '../../src/locks/create-locks.js';
import { LockCapacityError } from '../../src/contract/errors.js';
import { retain } from '../../src/contract/retention.js';
import type { Lease, LockEvent } from '../../src/contract/lease.js';
import { ManualBackend } from '../support/manual-backend.js';
import { until } from '../support/poll.js';
import { granting, record, setup } from '../support/virtual.js';

describe('a finalizer of the work that throws', () => {
  const throwing = new Observable<never>(() => () => {
    throw new Error('mine');
  });
  const uncaught: unknown[] = [];
  const listeners = process.listeners('uncaughtException');
  const keep = (error: unknown): void => {
    uncaught.push(error);
  };

  afterEach(() => {
    process.off('uncaughtException', keep);
    for (const listener of listeners) process.on('uncaughtException', listener);
    uncaught.length = 0;
  });

  it('does not keep the lock, nor the result from ending, and is reported', async () => {
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', keep);
    const { backend, locks, time } = granting();
    usingLock(locks.lock$('a', '10s'), () => throwing)
      .subscribe()
      .unsubscribe();
    time.turn();
    expect(backend.releases).toHaveLength(1);
    const errors: unknown[] = [];
    usingLock(locks.lock$('b', '10s'), () => throwing).subscribe({ error: (error: unknown) => errors.push(error) });
    backend.revoked$.next({ grants: [{ name: 'b' }], reason: 'revoked' });
    const closed = locks.close();
    time.turn();
    await closed;
    expect(errors).toHaveLength(1);
    await until(() => uncaught.length === 2, 'the report');
  });

  it("nor does one of the lock's own stream", async () => {
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', keep);
    const { backend, locks, time } = granting();
    const lock$ = locks.lock$('a', '10s').pipe(
      finalize(() => {
        throw new Error('mine');
      }),
    );
    const stopped = vi.fn();
    usingLock(lock$, () => NEVER.pipe(finalize(stopped)))
      .subscribe()
      .unsubscribe();
    time.turn();
    expect(stopped).toHaveBeenCalledOnce();
    expect(backend.releases).toHaveLength(1);
    await until(() => uncaught.length === 1, 'the report');
  });
});

describe('an action of somebody else that throws in the same turn', () => {
  it('stops neither renewals nor releases', async () => {
    const errors: unknown[] = [];
    const listeners = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    const keep = (error: unknown): void => {
      errors.push(error);
    };
    process.on('unhandledRejection', keep);
    process.on('uncaughtException', keep);
    try {
      const backend = new ManualBackend();
      backend.onAcquire = (call) => call.grant();
      const locks = createLocks(backend);
      asapScheduler.schedule(() => {
        throw new Error('not ours');
      });
      locks.lock$('a', '10s').subscribe().unsubscribe();
      await until(() => backend.releases.length === 1, 'the release');
      expect(errors).toHaveLength(1);
      await locks.close();
    } finally {
      process.off('unhandledRejection', keep);
      process.off('uncaughtException', keep);
      for (const listener of listeners) process.on('unhandledRejection', listener);
    }
  });
});

describe('a lock that expired while its work is still stopping', () => {
  it('is given back only when that has stopped', () => {
    const { backend, locks, time } = granting();
    backend.onRenew = undefined;
    let release = (): void => undefined;
    locks.lock$('a', '10s').subscribe((event) => {
      if (event.type === 'acquired') ({ release } = retain(event.lease));
    });
    time.advance(9000);
    expect(backend.releases).toHaveLength(0);
    release();
    time.turn();
    expect(backend.releases).toHaveLength(1);
  });

  it('is given back once, though it is kept anew after the loss', () => {
    const { backend, locks, time } = granting();
    backend.onRenew = undefined;
    const leases: Lease[] = [];
    const releases: (() => void)[] = [];
    locks.lock$('a', '10s').subscribe((event) => {
      if (event.type !== 'acquired') return;
      leases.push(event.lease);
      releases.push(retain(event.lease).release);
    });
    time.advance(9000);
    releases[0]!();
    retain(leases[0]!).release();
    time.turn();
    expect(backend.releases.flatMap(({ args }) => args.grants)).toHaveLength(1);
  });

  it('is not given back once its locks are closed', async () => {
    const { backend, locks, time } = granting();
    backend.onRenew = undefined;
    let release = (): void => undefined;
    locks.lock$('a', '10s').subscribe((event) => {
      if (event.type === 'acquired') ({ release } = retain(event.lease));
    });
    time.advance(9000);
    await locks.close();
    release();
    time.turn();
    expect(backend.releases).toHaveLength(0);
  });
});

describe('the keeper', () => {
  it('believes in no more than the newest request was given', () => {
    const { backend, locks, time } = granting();
    backend.onRenew = (call) => {
      if (backend.renewals.length === 1)
        call.done({ index: 0, outcome: 'renewed', bounds: [{ sentAt: call.at, ttl: 1000 }] });
    };
    const { log, observer } = record<LockEvent>(time);
    locks.lock$('a', '10s').subscribe(observer);
    time.advance(3333 + 800);
    expect(log.at(-2)).toBe('4133 lost');
  });

  it('ends each of its looks, however short an attempt may be', () => {
    const { backend, locks, time } = granting();
    backend.onRenew = (call) => {
      call.done({ index: 0, outcome: 'renewed', bounds: [{ sentAt: call.at, ttl: 10 }] });
    };
    const { log, observer } = record<LockEvent>(time);
    locks.lock$('a', '10s').subscribe(observer);
    time.advance(3400);
    expect(backend.renewals.length).toBeGreaterThan(1);
    expect(backend.renewals.length).toBeLessThan(100);
    expect(log[0]).toBe('0 acquired');
  });

  it('looks again soon after a suspend, which no timer counts', () => {
    const sleep = { ahead: 0 };
    const { time } = granting();
    const backend = new ManualBackend();
    backend.onAcquire = (call) => call.grant();
    const elapsed = (): number => time.now() + sleep.ahead;
    const clock = { elapsed, date: elapsed, monotonic: elapsed };
    const { log, observer } = record<LockEvent>(time);
    createLocks(backend, { scheduler: time, clock, random: () => 0 })
      .lock$('a', '60s')
      .subscribe(observer);
    time.advance(100);
    sleep.ahead = 3_600_000;
    time.advance(1000);
    expect(log[1]).toBe('1000 lost');
  });
});

describe('whoever is told that it waits', () => {
  it('may close the locks', async () => {
    const { backend, locks, time } = setup({}, { fifo: true });
    const { log, observer } = record<LockEvent>(time);
    backend.onAcquire = (call) => {
      call.next({ type: 'queued' });
    };
    let closed: Promise<void> | undefined;
    locks.lock$('a', '10s').subscribe({
      ...observer,
      next(event) {
        observer.next(event);
        closed = locks.close();
      },
    });
    expect(log).toEqual(['0 waiting', '0 LockClosedError']);
    expect(backend.acquired[0]!.open).toBe(false);
    await closed;
  });

  it('may close the locks just before it is granted one, which goes back', async () => {
    const { backend, locks, time } = setup({}, { fifo: true });
    const { log, observer } = record<LockEvent>(time);
    backend.onAcquire = (call) => {
      call.next({ type: 'queued' });
      call.grant();
    };
    let closed: Promise<void> | undefined;
    locks.lock$('a', '10s').subscribe({
      ...observer,
      next(event) {
        observer.next(event);
        closed ??= locks.close();
      },
    });
    expect(log).toEqual(['0 waiting', '0 LockClosedError']);
    time.turn();
    expect(backend.releases).toHaveLength(1);
    await closed;
  });

  it('may cancel', () => {
    const { backend, locks, time } = setup({}, { fifo: true });
    const { log, observer } = record<LockEvent>(time);
    backend.onAcquire = (call) => {
      call.next({ type: 'queued' });
    };
    const controller = new AbortController();
    locks.lock$('a', '10s', { signal: controller.signal }).subscribe({
      ...observer,
      next(event) {
        observer.next(event);
        controller.abort(new LockCapacityError('enough'));
      },
    });
    expect(log).toEqual(['0 waiting', '0 LockCapacityError']);
  });
});

describe('work', () => {
  it('does not start under a lease that is over', () => {
    const { locks, time } = granting();
    const started = vi.fn(() => []);
    const errors: unknown[] = [];
    const late$ = locks.lock$('a', '10s', { renew: false }).pipe(observeOn(time, 9000));
    usingLock(late$, started).subscribe({ error: (error: unknown) => errors.push(error) });
    time.advance(20_000);
    expect(started).not.toHaveBeenCalled();
    expect(errors).toHaveLength(1);
  });

  it('of a leader does not start under a lease that is over', () => {
    const { locks, time } = granting();
    const leases: Lease[] = [];
    const leader$ = locks.leader$('a', '10s', { renew: false });
    const first = leader$.subscribe();
    time.frame = 9000;
    const second = leader$.pipe(whileLeader((lease) => [leases.push(lease)])).subscribe();
    expect(leases).toEqual([]);
    first.unsubscribe();
    second.unsubscribe();
  });
});

describe('createLocks on queueScheduler', () => {
  it('gives back at the end of the turn', async () => {
    const backend = new ManualBackend();
    backend.onAcquire = (call) => call.grant();
    const locks = createLocks(backend, { scheduler: queueScheduler });
    locks.lock$('a', '10s').subscribe().unsubscribe();
    expect(backend.releases).toHaveLength(0);
    await until(() => backend.releases.length === 1, 'the release');
    await locks.close();
    expect(asyncScheduler.actions).toHaveLength(0);
  });
});

describe('leader$', () => {
  it('never comes back earlier than the service demands', () => {
    const { backend, locks, time } = setup();
    backend.onAcquire = (call) => {
      call.fail(new LockCapacityError('slow down', { retryAfter: 5000 }));
    };
    const subscription = locks.leader$('a', '10s', { retry: { count: 0 } }).subscribe();
    time.advance(4999);
    expect(backend.acquired).toHaveLength(1);
    time.advance(1);
    expect(backend.acquired).toHaveLength(2);
    subscription.unsubscribe();
  });
});

describe('close', () => {
  it('is the end of releases that are tried again', async () => {
    const { backend, locks, time } = granting();
    backend.onRelease = (call) => {
      call.confirm('unknown');
    };
    locks.lock$('a', '10s').subscribe().unsubscribe();
    time.turn();
    const closed = locks.close();
    time.advance(1000);
    await closed;
    const sent = backend.releases.length;
    time.advance(60_000);
    expect(backend.releases).toHaveLength(sent);
  });

  it('refuses an option that does not exist', async () => {
    const { locks } = granting();
    await expect(locks.close({ drian: '10s' } as never)).rejects.toThrow("there is no option 'drian'");
    await locks.close();
  });
});

describe('a backend that gives no stream', () => {
  it('has failed to renew, and to release', async () => {
    const { backend, locks, time } = granting();
    const nothing = (() => undefined) as never;
    const { events, observer } = record<LockEvent>(time);
    const subscription = locks.lock$('a', '10s').subscribe(observer);
    vi.spyOn(backend, 'renew').mockImplementation(nothing);
    vi.spyOn(backend, 'release').mockImplementation(nothing);
    const told: string[] = [];
    locks.events$.subscribe((event) => told.push(event.type === 'release' ? `release ${event.outcome}` : event.type));
    time.advance(4000);
    expect(events.at(-1)).toMatchObject({ type: 'uncertain', cause: expect.any(TypeError) as TypeError });
    subscription.unsubscribe();
    time.advance(20_000);
    expect(told.at(-1)).toBe('release unknown');
    await locks.close();
  });
});

describe('a lock that ran out because it could not be renewed', () => {
  it('says what the last renewal failed of, but nothing of one that was made up for', () => {
    const { backend, locks, time } = granting({ onLost: 'error' });
    const { events, observer } = record<LockEvent>(time);
    const errors: unknown[] = [];
    const failures = [new LockCapacityError('first'), undefined, new LockCapacityError('second')];
    backend.onRenew = (call) => {
      const cause = failures.shift();
      if (cause === undefined && failures.length > 0) call.confirm();
      else call.done({ index: 0, outcome: 'unknown', cause });
    };
    locks.lock$('a', '10s').subscribe({ ...observer, error: (error: unknown) => errors.push(error) });
    time.advance(5000);
    expect(events.map(({ type }) => type)).toEqual(['acquired', 'uncertain', 'renewed']);
    const last = new LockCapacityError('last');
    backend.onRenew = (call) => {
      call.done({ index: 0, outcome: 'unknown', cause: last });
    };
    time.advance(20_000);
    expect(events.at(-1)).toMatchObject({ type: 'lost', reason: 'expired', cause: last });
    expect(errors).toMatchObject([{ name: 'LockLostError', cause: last }]);
  });

  it('has no cause if none was told', () => {
    const { backend, locks, time } = granting();
    const { events, observer } = record<LockEvent>(time);
    locks.lock$('a', '10s').subscribe(observer);
    let answered = false;
    backend.onRenew = (call) => {
      if (!answered) call.done({ index: 0, outcome: 'unknown', cause: new LockCapacityError('once') });
      else call.confirm();
      answered = true;
    };
    time.advance(5000);
    backend.revoked$.next({ grants: backend.renewals[0]!.args.grants, reason: 'revoked' });
    expect(events.at(-1)).toMatchObject({ type: 'lost', reason: 'revoked', cause: undefined });
  });
});

describe('whoever waits for what is only on its way back', () => {
  it('is told that it was its own, but not warned of a deadlock', () => {
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const { backend, locks, time } = setup();
    const { events, observer } = record<LockEvent>(time);
    locks.lock$('a', '10s').subscribe(observer);
    backend.acquired[0]!.held({ holder: 'me' });
    expect(events).toMatchObject([{ type: 'waiting', holder: 'me', self: true }]);
    expect(warning).not.toHaveBeenCalled();
    warning.mockRestore();
  });
});
