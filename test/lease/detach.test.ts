import { inspect } from 'node:util';
import { NEVER, of, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { memory } from '../../src/backends/memory/memory.js';
import {
  LockClosedError,
  LockLostError,
  LockNetworkError,
  LockUnsupportedError,
  LockValidationError,
} from '../../src/contract/errors.js';
import type { Lease, LeaseHandle, LockEvent, LocksEvent } from '../../src/contract/lease.js';
import type { LockOptions } from '../../src/contract/options.js';
import { createLocks } from '../../src/locks/create-locks.js';
import { shareLease, tapLock, usingLock } from '../../operators/index.js';
import { granting, record, settle, Time } from '../support/virtual.js';

function onMemory(prefix = '') {
  const time = new Time();
  const backend = memory();
  const options = { scheduler: time, random: () => 0, prefix };
  return { time, backend, mine: createLocks(backend, options), others: createLocks(backend, options) };
}

/** As another process gets it. */
const sent = (handle: LeaseHandle): LeaseHandle => JSON.parse(JSON.stringify(handle)) as LeaseHandle;

/** A lock that is held on a service whose answers the test gives. */
function held(detach: () => unknown, options: LockOptions = {}) {
  const all = granting(options);
  Object.assign(all.backend, { detach });
  const log = record<LockEvent>(all.time);
  const subscription = all.locks.lock$('a', '9s', options).subscribe(log.observer);
  const { lease } = log.events[0] as { lease: Lease };
  return { ...all, ...log, lease, subscription };
}

describe('adopt', () => {
  it('has the lock in the name of whoever adopts it', async () => {
    const backend = memory();
    const [mine, theirs] = ['me', 'they'].map((holder) => createLocks(backend, { holder }));
    const lease = await theirs!.adopt(sent(await (await mine!.acquire('a', '9s')).detach()));
    expect(lease.holder).toBe('they');
    expect((await mine!.status('a')).holder).toBe('they');
    await lease.release();
    await Promise.all([mine!.close(), theirs!.close()]);
  });

  it('tells those who watch of nobody else', async () => {
    const time = new Time();
    const backend = memory();
    const [mine, theirs] = ['me', 'they'].map((holder) => createLocks(backend, { scheduler: time, holder }));
    const handle = sent(await (await mine!.acquire('a', '9s')).detach());
    const holders: unknown[] = [];
    mine!.watch$('a').subscribe(({ holder }) => holders.push(holder));
    time.advance(1000);
    await theirs!.adopt(handle);
    expect(holders).toStrictEqual(['me', 'they']);
  });

  it('has the place of a semaphore, too, though a lock has the same name', async () => {
    const { mine, others } = onMemory();
    const lock = await mine.acquire('a', '9s');
    const place = await mine.acquire('a', '9s', { limit: 2 });
    const adopted = await others.adopt(sent(await place.detach()));
    expect([adopted.fencingToken, adopted.isHeld, lock.isHeld]).toStrictEqual([place.fencingToken, true, true]);
  });
});

describe('detach', () => {
  it('ends the lease and its stream without giving the lock back', async () => {
    const { time, mine, others } = onMemory();
    const { log, events, observer } = record<LockEvent>(time);
    const all: LocksEvent['type'][] = [];
    mine.events$.subscribe(({ type }) => all.push(type));
    mine.lock$('a', '9s').subscribe(observer);
    const { lease } = events[0] as { lease: Lease };
    const { signal } = lease;
    const ends: string[] = [];
    lease.ended$.subscribe(({ type }) => ends.push(type));
    time.advance(1000);
    await lease.detach();
    await settle(time);
    expect(log).toEqual(['0 acquired', '1000 detached', '1000 complete']);
    expect(all).toEqual(['requested', 'acquired', 'detached']);
    expect(ends).toEqual(['detached']);
    expect(signal.aborted).toBe(true);
    expect((signal.reason as Error).message).toBe("the lock 'a' was handed on");
    expect([lease.isHeld, lease.remaining()]).toEqual([false, 0]);
    expect(() => {
      lease.assertHeld();
    }).toThrow("the lock 'a' was handed on");
    await lease.release();
    expect((await others.status('a')).status).toBe('held');
    time.advance(7999);
    expect((await others.status('a')).status).toBe('held');
    time.advance(1);
    expect((await others.status('a')).status).toBe('free');
  });

  it('gives plain data that another goes on with, under the same fencing token', async () => {
    const { time, mine, others } = onMemory('p/');
    const lease = await mine.acquire('a', '9s', { metadata: 'mine' });
    time.advance(1000);
    const handle = await lease.detach();
    expect(handle).toMatchObject({ version: 1, backend: 'memory', name: 'p/a', ttl: 9000, fencingToken: '1' });
    expect(handle.goodUntil).toBe(new Date(7200).toISOString());
    expect(inspect(handle)).not.toContain(handle.secret);
    time.advance(1000);
    const adopted = await others.adopt(sent(handle));
    expect(adopted).toMatchObject({ name: 'a', fencingToken: lease.fencingToken, ttl: 9000, metadata: 'mine' });
    expect(adopted.remaining()).toBe(7200);
    time.advance(60_000);
    expect(adopted.isHeld).toBe(true);
    void adopted.release();
    await settle(time);
    expect((await mine.status('a')).status).toBe('free');
  });

  it('is adopted as a stream like any other', async () => {
    const { time, mine, others } = onMemory();
    const handle = await (await mine.acquire('a', '9s')).detach();
    const { log, observer } = record<LockEvent>(time);
    const subscription = others.adopt$(handle).subscribe(observer);
    time.advance(3000);
    expect(log).toEqual(['0 acquired', '3000 renewed']);
    subscription.unsubscribe();
    await settle(time);
    expect((await mine.status('a')).status).toBe('free');
  });

  it('is refused when it is adopted twice', async () => {
    const { mine, others } = onMemory();
    const handle = await (await mine.acquire('a', '9s')).detach();
    const adopted = await others.adopt(sent(handle));
    await expect(mine.adopt(sent(handle))).rejects.toThrow(LockLostError);
    expect(adopted.isHeld).toBe(true);
  });

  it('is refused once its time is over, without asking', async () => {
    const { time, mine, others } = onMemory();
    const handle = await (await mine.acquire('a', '9s')).detach();
    time.advance(7200);
    await expect(others.adopt(handle)).rejects.toMatchObject({ code: 'ERR_LOCK_LOST', reason: 'expired' });
  });

  it('is refused by the service where a clock is behind', async () => {
    const { time, mine, others } = onMemory();
    const handle = await (await mine.acquire('a', '9s')).detach();
    time.advance(9000);
    const late = { ...handle, goodUntil: new Date(1e6).toISOString() };
    await expect(others.adopt(late)).rejects.toThrow(LockLostError);
  });

  it.each([
    ['nothing', null],
    ['a text', 'secret'],
    ['an empty object', {}],
    ['another version', { version: 2 }],
    ['another backend', { backend: 'octostore' }],
    ['another prefix', { name: 'q/a' }],
    ['no name', { name: 'p/' }],
    ['no secret', { secret: '' }],
    ['a ttl that is text', { ttl: '9s' }],
    ['a ttl that cannot be', { ttl: 5 }],
    ['no date', { goodUntil: 'soon' }],
    ['an odd mode', { mode: 'both' }],
    ['an odd limit', { limit: 0 }],
  ])('is refused at the call: %s', async (_, change) => {
    const { mine, others } = onMemory('p/');
    const handle = await (await mine.acquire('a', '9s')).detach();
    const bad = (
      change !== null && typeof change === 'object' && Object.keys(change).length > 0
        ? { ...handle, ...change }
        : change
    ) as LeaseHandle;
    expect(() => others.adopt$(bad)).toThrow(LockValidationError);
    const error: unknown = await others.adopt(bad).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LockValidationError);
    expect(JSON.stringify(error)).not.toContain(handle.secret);
  });

  it('refuses options that have no effect', async () => {
    const { mine, others } = onMemory();
    const handle = await (await mine.acquire('a', '9s')).detach();
    expect(() => others.adopt$(handle, { wait: true } as object)).toThrow(LockValidationError);
    expect(() => others.adopt$(handle, { onLost: 'reacquire' } as object)).toThrow(LockValidationError);
  });

  it('hands on a shared lock and permits of a semaphore as what they are', async () => {
    const { time, mine, others } = onMemory();
    const shared = await mine.acquire('a', '9s', { mode: 'shared' });
    expect((await others.adopt(sent(await shared.detach()))).isHeld).toBe(true);
    await expect(mine.tryAcquire('a', '9s')).resolves.toBeNull();
    const permits = await mine.acquire('s', '9s', { limit: 3, permits: 2 });
    const handle = await permits.detach();
    expect(handle).toMatchObject({ limit: 3, permits: 2 });
    const adopted = await others.adopt(sent(handle));
    await expect(mine.tryAcquire('s', '9s', { limit: 3, permits: 2 })).resolves.toBeNull();
    void adopted.release();
    await settle(time);
    await expect(mine.tryAcquire('s', '9s', { limit: 3, permits: 3 })).resolves.toMatchObject({ isHeld: true });
  });

  it('is unsupported where the service cannot', async () => {
    const { locks } = granting();
    await expect((await locks.acquire('a', '9s')).detach()).rejects.toThrow(LockUnsupportedError);
    const { mine } = onMemory();
    const handle = await (await mine.acquire('a', '9s')).detach();
    expect(() => locks.adopt$({ ...handle, backend: 'manual' })).toThrow(LockUnsupportedError);
  });

  it('is unsupported for a lease of several locks, and while work runs under it', async () => {
    const { time, mine } = onMemory();
    await expect((await mine.acquireAll(['a', 'b'], '9s')).detach()).rejects.toThrow(LockUnsupportedError);
    let lease: Lease | undefined;
    usingLock(mine.lock$('c', '9s'), (one) => {
      lease = one;
      return NEVER;
    }).subscribe();
    await expect(lease?.detach()).rejects.toThrow(LockUnsupportedError);
    expect(lease?.isHeld).toBe(true);
    const using = mine.using('d', '9s', async (one) => {
      await expect(one.detach()).rejects.toThrow(LockUnsupportedError);
    });
    for (let i = 0; i < 5; i++) await settle(time);
    await using;
  });

  it('gives the others back if one of several is handed on', async () => {
    const { time, mine, others } = onMemory();
    const { log, events, observer } = record(time);
    mine.all$(['a', 'b'], '9s').subscribe(observer);
    const { lease } = events[0] as unknown as { lease: { leases: Lease[] } };
    const handle = await lease.leases[0]?.detach();
    await settle(time);
    expect(log).toEqual(['0 acquired', '0 released', '0 complete']);
    expect([(await others.status('a')).status, (await others.status('b')).status]).toEqual(['held', 'free']);
    expect((await others.adopt(handle as LeaseHandle)).isHeld).toBe(true);
  });

  it('is told to all who share it', async () => {
    const { time, mine } = onMemory();
    const told: string[] = [];
    let lease: Lease | undefined;
    const shared$ = mine.lock$('a', '9s').pipe(shareLease(), tapLock({ detached: () => told.push('detached') }));
    shared$.subscribe((event) => {
      if (event.type === 'acquired') lease = event.lease;
    });
    shared$.subscribe();
    await lease?.detach();
    await settle(time);
    expect(told).toEqual(['detached', 'detached']);
  });

  it('is not renewed while the service is asked, and renewed at once if it stays', async () => {
    let fail!: (error: unknown) => void;
    const { time, backend, lease, log } = held(() => throwLater((reject) => (fail = reject)));
    const handle = lease.detach();
    expect(lease.detach()).toBe(handle);
    time.advance(4000);
    expect(backend.renewals).toHaveLength(0);
    fail(new LockNetworkError('down'));
    await expect(handle).rejects.toThrow('down');
    time.turn();
    expect(backend.renewals).toHaveLength(1);
    expect(log.at(-1)).toBe('4000 renewed');
    expect(lease.isHeld).toBe(true);
  });

  it.each([
    [
      'throws',
      () => {
        throw new TypeError('mine');
      },
      TypeError,
    ],
    ['fails', () => throwError(() => new LockNetworkError('down')), LockNetworkError],
    ['says nothing', () => of(), LockNetworkError],
    ['gives no text', () => of(7), LockNetworkError],
  ] as const)('rejects, and is held on, if the service %s', async (_, detach, expected) => {
    const { lease } = held(detach);
    await expect(lease.detach()).rejects.toThrow(expected);
    expect(lease.isHeld).toBe(true);
  });

  it('rejects if it is lost or given back meanwhile', async () => {
    const first = held(() => NEVER);
    const lost = first.lease.detach();
    first.time.advance(7200);
    await expect(lost).rejects.toMatchObject({ code: 'ERR_LOCK_LOST', reason: 'expired' });
    const second = held(() => NEVER);
    const released = second.lease.detach();
    second.subscription.unsubscribe();
    await expect(released).rejects.toThrow(LockLostError);
    await expect(second.lease.detach()).rejects.toThrow(LockLostError);
    second.time.turn();
    expect(second.backend.releases).toHaveLength(1);
  });

  it('announces nothing that the service does not confirm', async () => {
    const { time, backend, locks } = granting();
    const grant = { name: 'a', fencingToken: 7n };
    Object.assign(backend, {
      detach: () => of('s'),
      adopt: () => of({ type: 'granted', grant, bounds: [], confirm: true }),
    });
    const handle = await (await locks.acquire('a', '9s')).detach();
    backend.onRenew = (call) => {
      call.refuse();
    };
    await expect(locks.adopt(handle)).rejects.toMatchObject({ code: 'ERR_LOCK_LOST', reason: 'refused' });
    backend.onRenew = undefined;
    const adopting = locks.adopt(handle).catch((error: unknown) => error);
    time.advance(1000);
    backend.renewals.at(-1)?.confirm();
    const adopted = (await adopting) as Lease;
    expect(adopted.fencingToken).toBe(7n);
    expect(adopted.expiresAt.getTime()).toBe(7200);
    const silent = locks.adopt({ ...handle, goodUntil: new Date(1e6).toISOString() }).catch((error: unknown) => error);
    time.advance(7200);
    expect(await silent).toBeInstanceOf(LockNetworkError);
  });

  it('is refused once the locks are closed', async () => {
    const { mine, others } = onMemory();
    const handle = await (await mine.acquire('a', '9s')).detach();
    await mine.close();
    await expect(mine.adopt(handle)).rejects.toThrow(LockClosedError);
    expect((await others.adopt(handle)).isHeld).toBe(true);
  });
});

function throwLater(take: (reject: (error: unknown) => void) => void): Promise<never> {
  return new Promise((_, reject) => {
    take(reject);
  });
}
