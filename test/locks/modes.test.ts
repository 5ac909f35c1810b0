import { firstValueFrom, Subscription } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { memory } from '../../src/backends/memory/memory.js';
import { createLocks } from '../../src/locks/create-locks.js';
import { LockConfigError, LockUnsupportedError, LockValidationError } from '../../src/contract/errors.js';
import type { Lease, LockEvent, WaitingEvent } from '../../src/contract/lease.js';
import type { LockMode, LockOptions } from '../../src/contract/options.js';
import { lockStatus } from '../../src/values/lock-status.js';
import { usingLock } from '../../operators/using-lock.js';
import { record, setup, Time } from '../support/virtual.js';

const READING = { mode: 'shared' } as const;

/** Two participants of the embedded service, in virtual time. */
function library() {
  const time = new Time();
  const backend = memory();
  const [ours, theirs] = ['ours', 'theirs'].map((holder) =>
    createLocks(backend, { scheduler: time, holder, random: () => 0 }),
  ) as [
    ReturnType<typeof createLocks<typeof backend.features>>,
    ReturnType<typeof createLocks<typeof backend.features>>,
  ];
  const take = (locks: typeof ours, options: LockOptions = {}) => {
    const events = record<LockEvent<bigint>>(time);
    const subscription = locks.lock$('book', '10s', options).subscribe(events.observer);
    return { ...events, subscription };
  };
  return { time, backend, ours, theirs, take };
}

describe("mode: 'shared'", () => {
  it('is held by many at once, and by nobody else alone', () => {
    const { time, ours, theirs, take } = library();
    const readers = [take(ours, READING), take(theirs, READING), take(ours, READING)];
    const writer = take(theirs);
    expect(readers.map(({ log }) => log)).toEqual(readers.map(() => ['0 acquired']));
    time.advance(5000);
    for (const { subscription } of readers) subscription.unsubscribe();
    time.turn();
    expect(writer.log).toEqual(['0 waiting', '5000 acquired']);
    const tokens = [...readers, writer].map(({ events }) => events.findLast(isAcquired)!.lease.fencingToken);
    expect(tokens).toEqual([1n, 2n, 3n, 4n]);
    const late = take(ours, READING);
    expect(late.log).toEqual(['5000 waiting']);
  });

  it('is told to who waits, with who holds it; and by status, with how many', async () => {
    const { ours, theirs, take } = library();
    take(ours, { ...READING, metadata: 'm' });
    take(ours, READING);
    const [waiting] = take(theirs).events as WaitingEvent[];
    expect(waiting).toMatchObject({ holder: 'ours', mode: 'shared', self: false });
    const status = await theirs.status('book');
    const told = { status: 'held', mode: 'shared', holders: 2, holder: 'ours', waiters: 1, metadata: 'm' };
    expect(status).toMatchObject(told);
    expect(status.toJSON()).toMatchObject({ ...told, fencingToken: '1' });
  });

  it('is told anew when it changes while somebody waits', () => {
    const { backend, locks } = setup();
    const modes: unknown[] = [];
    locks.lock$('a', '10s').subscribe((event) => {
      if (event.type === 'waiting') modes.push(event.mode);
    });
    for (const mode of ['shared', 'exclusive', 'exclusive'] as const) {
      backend.acquired[0]!.next({ type: 'queued', position: 0, holder: 'h', mode });
    }
    expect(modes).toEqual(['shared', 'exclusive']);
  });

  it('renews, and is lost by each for himself', () => {
    const { time, backend, ours, theirs, take } = library();
    const one = take(ours, READING);
    const two = take(theirs, { ...READING, renew: false });
    time.advance(9000);
    expect([one.log.at(-1), two.log.at(-1)]).toEqual(['6666 renewed', '8000 complete']);
    const three = take(theirs, READING);
    backend.revoke('book').subscribe();
    for (const { log } of [one, three]) expect(log.slice(-2)).toEqual(['9000 lost', '9000 complete']);
  });

  it('is had again after a loss, if that is asked for', () => {
    const { backend, ours, take } = library();
    const reader = take(ours, { ...READING, onLost: 'reacquire' });
    backend.revoke('book').subscribe();
    expect(reader.log).toEqual(['0 acquired', '0 lost', '0 acquired']);
    expect((reader.events.at(-1) as { lease: Lease<bigint> }).lease.fencingToken).toBe(2n);
  });

  it('is an option of acquire, tryAcquire, using, tryUsing, all$, acquireAll and usingAll, and of the operators’ locks', async () => {
    const backend = memory();
    const [ours, theirs] = [createLocks(backend), createLocks(backend)];
    const held = await theirs.acquire('a', '10s', READING);
    expect(await ours.tryAcquire('a', '10s')).toBeNull();
    const tried = await ours.tryAcquire('a', '10s', READING);
    expect(tried?.isHeld).toBe(true);
    expect(await ours.using('a', '10s', () => 'read', READING)).toBe('read');
    expect(await ours.tryUsing('a', '10s', () => 'read', READING)).toBe('read');
    expect(await ours.tryUsing('a', '10s', () => 'written')).toBeNull();
    const whole = await ours.acquireAll(['a', 'b'], '10s', READING);
    expect(await theirs.usingAll(['b', 'a'], '10s', () => 'read', READING)).toBe('read');
    expect(await firstValueFrom(usingLock(ours.all$(['a', 'b'], '10s', READING), () => ['read']))).toBe('read');
    expect(await firstValueFrom(usingLock(ours.lock$('a', '10s', READING), () => ['read']))).toBe('read');
    expect(await theirs.tryAcquire('b', '10s')).toBeNull();
    for (const lease of [held, tried!, whole]) await lease.release();
    expect(await theirs.tryUsing('b', '10s', () => 'written')).toBe('written');
    await Promise.all([ours.close(), theirs.close()]);
  });

  it('passes a writer nowhere: who came before him gives back, and he is next', () => {
    const { time, ours, theirs, take } = library();
    const coming = new Subscription();
    let rounds = 0;
    const read = (): void => {
      const reading = ours.lock$('book', '10s', READING).subscribe(({ type }) => {
        if (type !== 'acquired') return;
        rounds++;
        coming.add(
          time.schedule(() => {
            reading.unsubscribe();
            read();
          }, 50),
        );
      });
      coming.add(reading);
    };
    for (let i = 0; i < 200; i++) {
      read();
      if (i % 4 === 0) time.advance(1);
    }
    time.advance(500);
    const before = rounds;
    const writer = take(theirs);
    time.advance(50);
    expect(writer.log.at(-1)).toMatch(/^6\d\d acquired$/);
    expect(rounds).toBe(before);
    writer.subscription.unsubscribe();
    time.turn();
    expect(rounds).toBe(before + 200);
    coming.unsubscribe();
  });

  it('asks a service that has no queue again as soon as it is shared, if that is what is asked for', () => {
    const { backend, locks, time } = setup({ retry: { initial: '1s', jitter: 'none' } }, { push: true });
    locks.lock$('a', '10s', READING).subscribe();
    backend.acquired[0]!.held({ holder: 'writer' });
    const tell = (mode: LockMode): void => {
      backend.statuses.next(lockStatus({ name: 'a', status: 'held', mode }));
      time.advance(1);
    };
    tell('exclusive');
    expect(backend.acquired).toHaveLength(1);
    tell('shared');
    expect(backend.acquired).toHaveLength(2);
  });
});

describe('a mode that cannot be', () => {
  it('is refused at the call', () => {
    const { locks } = setup();
    for (const mode of ['SHARED', '', null, 1]) {
      expect(() => locks.lock$('a', '10s', { mode: mode as never })).toThrow(LockValidationError);
    }
    expect(() => locks.leader$('a', '10s', READING as never)).toThrow(/no option 'mode'/);
    expect(() => locks.semaphore$('a', 2, '10s', READING as never)).toThrow(/no option 'mode'/);
    expect(() => createLocks(memory(), READING as never)).toThrow(/no option 'mode'/);
  });

  it('is upgrade: the error says why', () => {
    const { locks } = setup();
    const upgrade = { mode: 'upgrade' as never };
    expect(() => locks.lock$('a', '10s', upgrade)).toThrow(LockConfigError);
    expect(() => locks.lock$('a', '10s', upgrade)).toThrow(/wait for each other for ever/);
  });

  it('is shared, on a service that cannot: LockUnsupportedError at the call, before anything is asked', async () => {
    const { locks, backend } = setup({}, { shared: false });
    const unsupported = expect.objectContaining({
      code: 'ERR_LOCK_UNSUPPORTED',
      message: expect.stringMatching(/shared/),
    });
    expect(() => locks.lock$('a', '10s', READING)).toThrow(LockUnsupportedError);
    expect(() => locks.all$(['a', 'b'], '10s', READING)).toThrow(LockUnsupportedError);
    await expect(locks.acquire('a', '10s', READING)).rejects.toEqual(unsupported);
    await expect(locks.tryAcquire('a', '10s', READING)).rejects.toEqual(unsupported);
    await expect(locks.using('a', '10s', () => 1, READING)).rejects.toEqual(unsupported);
    await expect(locks.tryUsing('a', '10s', () => 1, READING)).rejects.toEqual(unsupported);
    await expect(locks.acquireAll(['a'], '10s', READING)).rejects.toEqual(unsupported);
    await expect(locks.usingAll(['a'], '10s', () => 1, READING)).rejects.toEqual(unsupported);
    expect(backend.acquired).toHaveLength(0);
    // What it can do goes on.
    locks.lock$('a', '10s', { mode: 'exclusive' }).subscribe();
    expect(backend.acquired).toHaveLength(1);
  });
});

describe('who shares a lock, and waits to have it alone', () => {
  it('is told that it is his own, and warned of', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const { time, ours, take } = library();
    take(ours, READING);
    const [waiting] = take(ours).events as WaitingEvent[];
    expect(waiting).toMatchObject({ self: true, mode: 'shared' });
    time.advance(10_001);
    expect(warn).toHaveBeenCalledWith(
      expect.stringMatching(/waited .* for the lock 'book', and has that lock itself/),
      'RxLockWarning',
      'RXLOCK_SELF',
    );
    warn.mockRestore();
  });
});

function isAcquired(event: LockEvent<bigint>): event is Extract<LockEvent<bigint>, { readonly type: 'acquired' }> {
  return event.type === 'acquired';
}
