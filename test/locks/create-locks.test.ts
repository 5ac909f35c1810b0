import { getEventListeners } from 'node:events';
import { firstValueFrom, of, Subject, take, toArray } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { memory } from '../../src/backends/memory/memory.js';
import { createLocks } from '../../src/locks/create-locks.js';
import { lockStatus } from '../../src/values/lock-status.js';
import {
  LockClosedError,
  LockConfigError,
  LockNetworkError,
  LockUnsupportedError,
  LockValidationError,
} from '../../src/contract/errors.js';
import { Locks } from '../../src/contract/locks.js';
import type { Lease, LockEvent, LocksEvent } from '../../src/contract/lease.js';
import type { LockBackend } from '../../src/contract/backend.js';
import type { LockStatus } from '../../src/contract/status.js';
import { ManualBackend } from '../support/manual-backend.js';
import { until } from '../support/poll.js';
import { record, setup, Time } from '../support/virtual.js';

/** Locks on the embedded backend, in virtual time. */
function embedded(options: Parameters<typeof createLocks>[1] = {}) {
  const time = new Time();
  const backend = memory();
  const locks = createLocks(backend, { scheduler: time, random: () => 0, ...options });
  return { time, backend, locks };
}

describe('createLocks', () => {
  it('makes a Locks, which may be a token of dependency injection', () => {
    expect(createLocks(memory())).toBeInstanceOf(Locks);
  });

  it('opens the backend once for each Locks, before anything else', () => {
    const backend = new ManualBackend();
    const open = vi.spyOn(backend, 'open');
    createLocks(backend);
    createLocks(backend);
    expect(open).toHaveBeenCalledTimes(2);
    expect(backend.acquired).toHaveLength(0);
  });

  it('refuses one embedded backend with two clocks', () => {
    const backend = memory();
    createLocks(backend, { scheduler: new Time() });
    expect(() => createLocks(backend, { scheduler: new Time() })).toThrow(LockConfigError);
  });

  it('shares what excludes between all Locks of one backend', () => {
    const { backend, locks, time } = embedded({ holder: 'one' });
    const others = createLocks(backend, { scheduler: time, holder: 'two' });
    const [one, two] = [record<LockEvent>(time), record<LockEvent>(time)];
    const subscription = locks.lock$('a', '10s').subscribe(one.observer);
    others.lock$('a', '10s').subscribe(two.observer);
    expect(two.events).toMatchObject([{ type: 'waiting', holder: 'one', self: false }]);
    subscription.unsubscribe();
    time.turn();
    expect(two.log).toEqual(['0 waiting', '0 acquired']);
  });

  it('excludes nobody across two backends', () => {
    const [a, b] = [embedded(), embedded()];
    const seen: string[] = [];
    for (const { locks } of [a, b]) locks.lock$('a', '10s').subscribe(({ type }) => seen.push(type));
    expect(seen).toEqual(['acquired', 'acquired']);
  });
});

describe('a prefix', () => {
  it('is put before every name that goes to the service, and hidden from the user', async () => {
    const { backend, locks, time } = embedded({ prefix: 'billing/' });
    const all = createLocks(backend, { scheduler: time });
    const { observer, events } = record<LockEvent>(time);
    locks.lock$('a', '10s').subscribe(observer);
    const { lease } = events[0] as { lease: Lease };
    expect(events[0]).toMatchObject({ type: 'acquired', name: 'a' });
    expect(lease).toMatchObject({ name: 'a' });
    expect(lease.toJSON().name).toBe('a');
    expect((await all.status('billing/a')).status).toBe('held');
    expect((await all.status('a')).status).toBe('free');
    expect(await locks.status('a')).toMatchObject({ name: 'a', status: 'held' });
    expect((await locks.list()).map(({ name }) => name)).toEqual(['a']);
    expect((await all.list()).map(({ name }) => name)).toEqual(['billing/a']);
    expect((await locks.list('b')).map(({ name }) => name)).toEqual([]);
    expect(await firstValueFrom(locks.watch$('a'))).toMatchObject({ name: 'a', status: 'held' });
  });

  it('is part of the name that the service must be able to take', () => {
    const { locks } = embedded({ prefix: 'x'.repeat(60) });
    expect(() => locks.lock$('abcd', '10s')).not.toThrow();
    expect(() => locks.lock$('abcde', '10s')).toThrow(LockValidationError);
    expect(() => embedded({ prefix: '../' }).locks.lock$('a', '10s')).toThrow(LockValidationError);
  });

  it('lists nothing of others', async () => {
    const { backend, locks, time } = embedded({ prefix: 'a/' });
    const others = createLocks(backend, { scheduler: time, prefix: 'b/' });
    locks.lock$('x', '10s').subscribe();
    others.lock$('y', '10s').subscribe();
    expect((await locks.list()).map(({ name }) => name)).toEqual(['x']);
  });
});

describe('status, list and watch$', () => {
  it('tell who holds a lock until when, and with what', async () => {
    const { locks } = embedded({ holder: 'me' });
    locks.lock$('a', '10s', { metadata: 'build 7' }).subscribe();
    const waiting = locks.lock$('a', '10s').subscribe();
    const status = await locks.status('a');
    expect(status).toMatchObject({ name: 'a', status: 'held', holder: 'me', metadata: 'build 7', waiters: 1 });
    expect(status.fencingToken).toBeTypeOf('bigint');
    expect(status.expiresAt).toEqual(new Date(10_000));
    expect(JSON.parse(JSON.stringify(status))).toMatchObject({
      fencingToken: String(status.fencingToken),
      expiresAt: new Date(10_000).toISOString(),
    });
    waiting.unsubscribe();
  });

  it('tell of names that nobody knows that they are free', async () => {
    const { locks } = embedded();
    expect(await locks.status('nobody')).toMatchObject({ name: 'nobody', status: 'free' });
    expect(await locks.list()).toEqual([]);
  });

  it('list by prefix', async () => {
    const { locks } = embedded();
    for (const name of ['orders/1', 'orders/2', 'users/1']) locks.lock$(name, '10s').subscribe();
    expect((await locks.list('orders/')).map(({ name }) => name)).toEqual(['orders/1', 'orders/2']);
    expect(await locks.list()).toHaveLength(3);
  });

  it('watch now and at each change', () => {
    const { locks, time } = embedded({ prefix: 'p/' });
    const seen: string[] = [];
    const watching = locks.watch$('a').subscribe(({ name, status }) => seen.push(`${name} ${status}`));
    const subscription = locks.lock$('a', '10s').subscribe();
    subscription.unsubscribe();
    time.turn();
    watching.unsubscribe();
    locks.lock$('a', '10s').subscribe();
    expect(seen).toEqual(['a free', 'a held', 'a free']);
  });

  it('ask every second where nothing is pushed, and tell of changes only', () => {
    const { backend, locks, time } = setup();
    const statuses = ['free', 'free', 'held', 'held'] as const;
    let asked = 0;
    delete (backend as { watch?: unknown }).watch;
    Object.assign(backend, {
      watch: undefined,
      status: (name: string) => of(lockStatus({ name, status: statuses[asked++] ?? 'free' })),
    });
    const seen: string[] = [];
    const watching = locks.watch$('a').subscribe(({ status }) => seen.push(`${String(time.now())} ${status}`));
    time.advance(4500);
    expect(seen).toEqual(['0 free', '2000 held', '4000 free']);
    watching.unsubscribe();
    time.advance(10_000);
    expect(asked).toBe(5);
  });

  it('refuse a bad name at the call', async () => {
    const { locks } = embedded();
    expect(() => locks.watch$('')).toThrow(LockValidationError);
    expect(() => locks.watch$('a b')).toThrow(LockValidationError);
    await expect(locks.status('..')).rejects.toThrow(LockValidationError);
    await expect(locks.status(5 as never)).rejects.toThrow(LockValidationError);
  });

  it('say so when a service cannot', async () => {
    const { locks } = setup();
    await expect(locks.list()).rejects.toThrow(LockUnsupportedError);
    await expect(locks.ping()).rejects.toThrow(LockUnsupportedError);
    await expect(locks.ping()).rejects.toThrow(/manual has no ping/);
  });
});

describe('ping', () => {
  it('asks the service', async () => {
    await expect(embedded().locks.ping()).resolves.toBeUndefined();
    const { backend, locks } = setup();
    Object.assign(backend, { ping: () => of() });
    await expect(locks.ping()).resolves.toBeUndefined();
  });
});

describe('validation', () => {
  it.each(['', undefined, null, 5, {}])('refuses %s as a name, at the call', async (name) => {
    const { backend, locks } = setup();
    for (const call of [
      () => locks.lock$(name as never, '10s'),
      () => locks.leader$(name as never, '10s'),
      () => locks.semaphore$(name as never, 1, '10s'),
      () => locks.all$([name as never], '10s'),
      () => locks.watch$(name as never),
    ]) {
      expect(call).toThrow(LockValidationError);
    }
    for (const promise of [
      locks.acquire(name as never, '10s'),
      locks.tryAcquire(name as never, '10s'),
      locks.using(name as never, '10s', () => 1),
      locks.tryUsing(name as never, '10s', () => 1),
      locks.acquireAll([name as never], '10s'),
      locks.usingAll([name as never], '10s', () => 1),
      locks.status(name as never),
    ]) {
      await expect(promise).rejects.toThrow(LockValidationError);
    }
    expect(backend.acquired).toHaveLength(0);
  });

  it.each([60, '500ms', '2h', Number.NaN, undefined])('refuses %s as a ttl, at the call', async (ttl) => {
    const { locks } = setup();
    for (const call of [
      () => locks.lock$('a', ttl as never),
      () => locks.leader$('a', ttl as never),
      () => locks.semaphore$('a', 1, ttl as never),
      () => locks.all$(['a'], ttl as never),
    ]) {
      expect(call).toThrow(LockValidationError);
    }
    await expect(locks.acquire('a', ttl as never)).rejects.toMatchObject({ option: 'ttl' });
    await expect(locks.tryAcquire('a', ttl as never)).rejects.toMatchObject({ option: 'ttl' });
    await expect(locks.acquireAll(['a'], ttl as never)).rejects.toMatchObject({ option: 'ttl' });
  });

  it("is the service's own for its ttl and names", () => {
    const backend: LockBackend = Object.assign(new ManualBackend(), {
      ttl: { min: 2000, max: 10_000, step: 1000 },
      validateName: (name: string) => {
        if (name.startsWith('x')) throw new LockValidationError('no x');
      },
    });
    const locks = createLocks(backend);
    expect(() => locks.lock$('a', '1s')).toThrow(/less than 2000/);
    expect(() => locks.lock$('a', '2500ms')).toThrow(/multiple of 1000/);
    expect(() => locks.lock$('x', '2s')).toThrow(/no x/);
    expect(() => locks.lock$('a', '10s')).not.toThrow();
  });

  it('happens once for each lock$, not at each subscription', () => {
    const validateName = vi.fn();
    const locks = createLocks(Object.assign(new ManualBackend(), { validateName }), { prefix: 'p/' });
    const lock$ = locks.lock$('a', '10s');
    lock$.subscribe();
    lock$.subscribe();
    expect(validateName.mock.calls).toEqual([['p/a']]);
  });
});

describe('semaphore$', () => {
  it('lets in as many as its limit, and the next when one leaves', () => {
    const { locks, time } = embedded();
    const logs = [0, 1, 2].map(() => record<LockEvent>(time));
    const [first] = logs.map(({ observer }) => locks.semaphore$('pool', 2, '10s').subscribe(observer));
    expect(logs.map(({ log }) => log)).toEqual([['0 acquired'], ['0 acquired'], ['0 waiting']]);
    first!.unsubscribe();
    time.turn();
    expect(logs[2]!.log).toEqual(['0 waiting', '0 acquired']);
  });

  it('has names of its own', () => {
    const { locks, time } = embedded();
    const [semaphore, lock] = [record<LockEvent>(time), record<LockEvent>(time)];
    locks.semaphore$('a', 1, '10s').subscribe(semaphore.observer);
    locks.lock$('a', '10s').subscribe(lock.observer);
    expect([semaphore.log, lock.log]).toEqual([['0 acquired'], ['0 acquired']]);
  });

  it('refuses another limit than the others have, as the end of the stream', () => {
    const { locks, time } = embedded();
    locks.semaphore$('a', 2, '10s').subscribe();
    const { observer, log } = record<LockEvent>(time);
    locks.semaphore$('a', 3, '10s').subscribe(observer);
    time.advance(10_000);
    expect(log).toEqual(['0 LockValidationError']);
  });

  it.each([0, -1, 1.5, Number.NaN, Infinity, '2', undefined])('refuses %s as a limit, at the call', (limit) => {
    const { locks } = embedded();
    expect(() => locks.semaphore$('a', limit as never, '10s')).toThrow(/limit/);
    expect(() => locks.semaphore$('a', limit as never, '10s')).toThrow(LockValidationError);
  });

  it('is refused where the service has none', () => {
    const backend = Object.assign(new ManualBackend(), {});
    Object.assign(backend.features, { semaphore: false });
    expect(() => createLocks(backend).semaphore$('a', 2, '10s')).toThrow(LockUnsupportedError);
  });

  it('tells the service its limit', () => {
    const { backend, locks } = setup();
    locks.semaphore$('a', 3, '10s').subscribe();
    locks.lock$('a', '10s').subscribe();
    expect(backend.acquired.map(({ args }) => args.limit)).toEqual([3, undefined]);
  });
});

describe('events$', () => {
  it('tells everything that happens, with times waited and held', () => {
    const { backend, locks, time } = setup({ retry: { initial: 100, jitter: 'none' } });
    const events: LocksEvent[] = [];
    locks.events$.subscribe((event) => events.push(event));
    const subscription = locks.lock$('a', '10s').subscribe();
    backend.acquired[0]!.held({ holder: 'other' });
    time.advance(100);
    time.advance(50);
    backend.acquired[1]!.grant();
    time.advance(3333);
    backend.renewals[0]!.fail(new LockNetworkError('down'));
    time.advance(388);
    backend.renewals[1]!.confirm();
    time.advance(100);
    subscription.unsubscribe();
    time.turn();
    expect(events).toMatchObject([
      { type: 'requested', name: 'a', at: 0, contender: 1, ttl: 10_000 },
      { type: 'waiting', name: 'a', at: 0, contender: 1 },
      { type: 'acquired', name: 'a', at: 150, contender: 1, waited: 150 },
      // 3333 after the request was sent.
      { type: 'uncertain', name: 'a' },
      { type: 'renewed', name: 'a' },
      { type: 'released', name: 'a', held: 3333 + 388 + 100 },
      { type: 'release', name: 'a', outcome: 'released' },
    ]);
  });

  it('tells what unsubscribers, losers and those who fail do not see themselves', () => {
    const { backend, locks, time } = setup();
    const events: LocksEvent[] = [];
    locks.events$.subscribe((event) => events.push(event));
    locks.lock$('a', '10s').pipe(take(1)).subscribe();
    const grant = backend.acquired[0]!.grant();
    expect(grant).toBeDefined();
    locks.lock$('b', '10s', { wait: false }).subscribe({ error: () => undefined });
    backend.acquired[1]!.held();
    locks.lock$('c', '10s').subscribe();
    backend.acquired[2]!.grant();
    time.advance(8000);
    expect(events.map((event) => `${event.name} ${event.type}`)).toEqual([
      'a requested',
      'a acquired',
      'a released',
      'b requested',
      'b error',
      'c requested',
      'c acquired',
      'a release',
      'c uncertain',
      'c uncertain',
      'c uncertain',
      'c lost',
      'c release',
    ]);
    expect(events.find(({ type }) => type === 'lost')).toMatchObject({ held: 8000, reason: 'expired', at: 8000 });
    expect(events.find(({ type }) => type === 'error')).toMatchObject({ error: { code: 'ERR_LOCK_HELD' } });
  });

  it('is hot: what happened before is not told', () => {
    const { backend, locks } = setup();
    locks.lock$('a', '10s').subscribe();
    backend.acquired[0]!.grant();
    const events: LocksEvent[] = [];
    locks.events$.subscribe((event) => events.push(event));
    expect(events).toEqual([]);
  });

  it('tells times in whole milliseconds, never negative, though the clock has parts of them', () => {
    const time = new Time();
    const backend = new ManualBackend();
    const clock = { elapsed: () => time.now() + 0.7, date: () => Math.floor(time.now()), monotonic: () => time.now() };
    const locks = createLocks(backend, { scheduler: time, clock, random: () => 0 });
    const events: LocksEvent[] = [];
    locks.events$.subscribe((event) => events.push(event));
    backend.onAcquire = (call) => call.grant();
    locks.lock$('a', '10s').subscribe().unsubscribe();
    locks.lock$('b', '10s').subscribe();
    backend.onAcquire = undefined;
    locks.lock$('c', '10s').subscribe();
    time.advance(20_000);
    backend.acquired[2]!.grant([{ sentAt: time.now(), ttl: 10_000 }]);
    const times = events.flatMap((event) => [
      event.at,
      ...('waited' in event ? [event.waited] : []),
      ...('held' in event ? [event.held] : []),
      ...('remaining' in event ? [event.remaining] : []),
    ]);
    expect(times.length).toBeGreaterThan(10);
    for (const value of times) expect(Number.isInteger(value) && value >= 0).toBe(true);
  });

  it('completes when the locks are closed', async () => {
    const { locks } = embedded();
    const events = firstValueFrom(locks.events$.pipe(toArray()));
    await locks.close();
    expect(await events).toEqual([]);
  });
});

describe('a stray grant after everybody has left', () => {
  it('is given back under its name', () => {
    const { backend, locks, time } = setup({ prefix: 'p/' });
    const events: LocksEvent[] = [];
    locks.events$.subscribe((event) => events.push(event));
    locks.lock$('a', '10s').subscribe().unsubscribe();
    const stray = { name: 'p/a' };
    backend.acquired[0]!.args.stray(stray);
    time.turn();
    expect(backend.releases[0]!.args.grants).toEqual([stray]);
    expect(events).toMatchObject([
      { type: 'requested', name: 'a' },
      { type: 'withdrawn', name: 'a' },
      { type: 'release', name: 'a' },
    ]);
  });
});

describe('a grant that comes late', () => {
  it('is neither announced nor renewed when its deadline has passed, however young it is', () => {
    const { backend, locks, time } = setup();
    const { observer, log } = record<LockEvent>(time);
    locks.lock$('a', '10s', { safetyFactor: 0.3, renewRatio: 0.1 }).subscribe(observer);
    time.advance(3000);
    const grant = backend.acquired[0]!.grant();
    time.turn();
    expect(log).toEqual(['3000 waiting']);
    expect(backend.renewals).toHaveLength(0);
    expect(backend.releases.map(({ args }) => args.grants)).toEqual([[grant]]);
  });

  it('is not renewed after its confirmation if it is not to be renewed', () => {
    const { backend, locks, time } = setup();
    const { observer, log } = record<LockEvent>(time);
    locks.lock$('a', '10s', { renew: false }).subscribe(observer);
    time.advance(100);
    backend.acquired[0]!.grant(undefined, true);
    backend.renewals[0]!.confirm();
    backend.onRenew = (call) => {
      call.confirm();
    };
    time.advance(60_000);
    expect(backend.renewals).toHaveLength(1);
    expect(log).toEqual(['100 acquired', '8100 lost', '8100 complete']);
  });

  it('to somebody who left in the middle of the answer is given back, and told to nobody', () => {
    const { backend, locks, time } = setup();
    const events: LocksEvent[] = [];
    locks.events$.subscribe((event) => events.push(event));
    backend.onAcquire = (call) => {
      call.next({ type: 'queued' });
      call.grant();
    };
    locks.lock$('a', '10s').pipe(take(1)).subscribe();
    time.turn();
    expect(events.map(({ type }) => type)).toEqual(['requested', 'waiting', 'withdrawn', 'release']);
    expect(backend.releases).toHaveLength(1);
  });

  it('is given back before it is asked for again', () => {
    const { backend, locks, time } = setup({ retry: { initial: 0, max: 0 } });
    const order: string[] = [];
    locks.lock$('a', '10s').subscribe();
    time.advance(8000);
    backend.onAcquire = () => order.push('acquire');
    backend.onRelease = (call) => {
      order.push('release');
      call.confirm();
    };
    backend.acquired[0]!.grant();
    time.turn();
    expect(order).toEqual(['release', 'acquire']);
  });
});

describe('until', () => {
  it('is heard where the lock is found lost at that moment: it is not taken again', () => {
    const { backend, locks, time } = setup();
    const { observer, log } = record<LockEvent>(time);
    const until$ = new Subject<void>();
    backend.onAcquire = (call) => call.grant([{ sentAt: time.now(), ttl: 10_000 }]);
    locks.lock$('a', '10s', { until: until$, onLost: 'reacquire' }).subscribe(observer);
    time.frame = 9000;
    until$.next();
    expect(log).toEqual(['0 acquired', '9000 lost', '9000 complete']);
    time.turn();
    expect(backend.releases.flatMap(({ args }) => args.grants)).toHaveLength(1);
  });
});

describe('a lock that is not waited for any more', () => {
  it('leaves no listener on its signal', () => {
    const { backend, locks, time } = setup();
    // One for each: those who share a signal share a listener.
    const signals = new Map(['a', 'b', 'c', 'd'].map((name) => [name, new AbortController().signal]));
    const waiting = (): string =>
      [...signals.keys()].filter((name) => getEventListeners(signals.get(name)!, 'abort').length > 0).join('');
    const left = locks.lock$('a', '10s', { signal: signals.get('a') }).subscribe();
    locks.lock$('b', '10s', { signal: signals.get('b') }).subscribe();
    locks.lock$('c', '10s', { signal: signals.get('c'), wait: '1s' }).subscribe({ error: () => undefined });
    locks.lock$('d', '10s', { signal: signals.get('d'), onLost: 'reacquire' }).subscribe();
    expect(waiting()).toBe('abcd');
    left.unsubscribe();
    expect(waiting()).toBe('bcd');
    backend.acquired[1]!.grant();
    expect(waiting()).toBe('cd');
    time.advance(1000);
    expect(waiting()).toBe('d');
    const grant = backend.acquired[3]!.grant();
    expect(waiting()).toBe('');
    backend.revoked$.next({ grants: [grant], reason: 'revoked' });
    expect(waiting()).toBe('d');
  });

  it('has no timer of its wait, and is not turned away by close', async () => {
    const { backend, locks, time } = setup();
    const { observer, log } = record<LockEvent>(time);
    backend.onRenew = (call) => {
      call.confirm();
    };
    locks.lock$('a', '10s', { wait: '5s' }).subscribe(observer);
    backend.acquired[0]!.grant();
    time.advance(6000);
    expect(log.filter((line) => line.includes('Error'))).toEqual([]);
    const closed = locks.close({ drain: '1m' });
    for (let i = 0; i < 5; i++) await Promise.resolve();
    expect(log.filter((line) => line.includes('Error'))).toEqual([]);
    expect(closed).toBeInstanceOf(Promise);
  });
});

describe('a backend', () => {
  it('that throws instead of answering ends the first attempt, and a later one', () => {
    const { backend, locks, time } = setup({ retry: { initial: 100, jitter: 'none' } });
    const [first, later] = [record<LockEvent>(time), record<LockEvent>(time)];
    const fails = (): never => {
      throw new LockValidationError('not this one');
    };
    locks.lock$('a', '10s').subscribe(later.observer);
    backend.acquired[0]!.held();
    Object.assign(backend, { acquire: fails });
    locks.lock$('b', '10s').subscribe(first.observer);
    time.advance(10_000);
    expect(first.log).toEqual(['0 LockValidationError']);
    expect(later.log).toEqual(['0 waiting', '100 LockValidationError']);
  });

  it('that throws instead of renewing makes its own locks uncertain, and stops nothing else', () => {
    const { backend, locks, time } = setup();
    const [one, other] = [record<LockEvent>(time), record<LockEvent>(time)];
    const answer = backend.renew.bind(backend);
    backend.onRenew = (call) => {
      call.confirm();
    };
    backend.renew = (grants, ttls) => {
      if (grants.some((grant) => grant.name === 'a')) throw new TypeError('mine');
      return answer(grants, ttls);
    };
    locks.lock$('a', '10s').subscribe(one.observer);
    locks.lock$('b', '12s').subscribe(other.observer);
    for (const call of backend.acquired) call.grant();
    time.advance(8000);
    expect(one.log.slice(0, 2)).toEqual(['0 acquired', '3333 uncertain']);
    expect(one.log.slice(-2)).toEqual(['8000 lost', '8000 complete']);
    expect(other.log).toEqual(['0 acquired', '4000 renewed', '8000 renewed']);
  });

  it('that throws instead of releasing is asked again', () => {
    const { backend, locks, time } = setup();
    const answer = backend.release.bind(backend);
    let asked = 0;
    backend.release = (grants, keepFor) => {
      if (asked++ === 0) throw new TypeError('mine');
      return answer(grants, keepFor);
    };
    const subscription = locks.lock$('a', '10s').subscribe();
    backend.acquired[0]!.grant();
    subscription.unsubscribe();
    time.advance(1000);
    expect(asked).toBe(2);
    expect(backend.releases).toHaveLength(1);
  });

  it('that says to come back at once does not make a busy loop', () => {
    const { backend, locks, time } = setup();
    backend.onAcquire = (call) => {
      call.held({ retryAfter: 0 });
    };
    const subscription = locks.lock$('a', '10s').subscribe();
    time.advance(100);
    expect(backend.acquired.length).toBeGreaterThan(1);
    expect(backend.acquired.length).toBeLessThan(110);
    subscription.unsubscribe();
  });

  it('that says to come back in a month is not asked at once', () => {
    const { backend, locks, time } = setup();
    locks.lock$('a', '10s').subscribe();
    backend.acquired[0]!.held({ retryAfter: 30 * 86_400_000, binding: true });
    expect(time.actions.map(({ delay }) => delay).filter((delay) => delay > 2 ** 31 - 1)).toEqual([]);
    time.advance(3_599_999);
    expect(backend.acquired).toHaveLength(1);
  });

  it('is closed with the last Locks that uses it', async () => {
    const backend = new ManualBackend();
    const [one, two] = [createLocks(backend), createLocks(backend)];
    await one.close();
    await one.close();
    expect(backend.closed).toBe(0);
    const failed = new Promise((resolve) => {
      two.lock$('a', '10s').subscribe({ error: resolve });
    });
    await two.close();
    expect(await failed).toMatchObject({ code: 'ERR_LOCK_CLOSED', lockName: 'a' });
    expect(backend.closed).toBe(1);
  });

  it('is refused after that', async () => {
    const backend = memory();
    await createLocks(backend).close();
    expect(() => createLocks(backend)).toThrow(LockClosedError);
  });
});

describe('in real time', () => {
  it('a lock is renewed, watched and handed over', async () => {
    const backend = memory();
    const [one, two] = [createLocks(backend), createLocks(backend)];
    const renewed: LocksEvent[] = [];
    one.events$.subscribe((event) => {
      if (event.type === 'renewed') renewed.push(event);
    });
    const statuses: LockStatus['status'][] = [];
    const ends: unknown[] = [];
    two
      .watch$('a')
      .subscribe({ next: ({ status }) => statuses.push(status), error: (error: unknown) => ends.push(error) });
    const lease = await one.acquire('a', '1s');
    await until(() => renewed.length > 1, 'two renewals');
    expect(await two.tryAcquire('a', '1s')).toBeNull();
    await lease.release();
    const next = await two.acquire('a', '1s');
    expect(next.fencingToken > lease.fencingToken).toBe(true);
    expect(statuses.slice(0, 2)).toEqual(['free', 'held']);
    await Promise.all([one.close(), two.close()]);
    expect(next.isHeld).toBe(false);
    expect(ends).toMatchObject([{ code: 'ERR_LOCK_CLOSED' }]);
    await expect(one.status('a')).rejects.toThrow(LockClosedError);
  });
});

describe('two copies of the package in a process, such as the ESM and CJS builds', () => {
  it('share one backend: they tell one time to it', async () => {
    vi.resetModules();
    const copy = await import('../../src/locks/create-locks.js');
    expect(copy.createLocks).not.toBe(createLocks);
    const backend = memory();
    await using ours = createLocks(backend);
    await using theirs = copy.createLocks(backend);
    const lease = await ours.acquire('a', '5s');
    expect(await theirs.tryAcquire('a', '5s')).toBeNull();
    await lease.release();
    expect(await theirs.tryAcquire('a', '5s')).not.toBeNull();
  });
});
