import { NEVER, of, Subject } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { memory } from '../../src/backends/memory/memory.js';
import { createLocks } from '../../src/locks/create-locks.js';
import {
  LockClosedError,
  LockHeldError,
  LockLostError,
  LockNetworkError,
  LockTimeoutError,
  LockValidationError,
} from '../../src/contract/errors.js';
import type { Grant } from '../../src/contract/backend.js';
import type { CompositeLease, Lease, LocksEvent } from '../../src/contract/lease.js';
import type { Locks } from '../../src/contract/locks.js';
import type { UsingOptions } from '../../src/contract/options.js';
import { ManualBackend } from '../support/manual-backend.js';
import { setup, granting, settle } from '../support/virtual.js';

/** Real time, the embedded backend. */
function embedded() {
  const backend = memory();
  return { backend, locks: createLocks(backend), others: createLocks(backend) };
}

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('work that was told to stop by the loss of its lock, and did', () => {
  it('rejects with the loss, not with its own word for having stopped', async () => {
    const { backend, locks, time } = granting();
    const stopped = failure(
      locks.using('a', '10s', ({ signal }) => {
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            reject(new DOMException('stopped', 'AbortError'));
          });
        });
      }),
    );
    await settle(time);
    time.advance(4000);
    backend.revoked$.next({ grants: backend.renewals[0]!.args.grants, reason: 'revoked' });
    await settle(time);
    expect(await stopped).toMatchObject({ name: 'LockLostError', reason: 'revoked' });
  });

  it('rejects with its own error if it stopped for something else', async () => {
    const { locks, time } = granting();
    const own = new DOMException('mine', 'AbortError');
    const stopped = failure(locks.using('a', '10s', () => Promise.reject(own)));
    await settle(time);
    expect(await stopped).toBe(own);
  });
});

describe('acquire', () => {
  it('gives a lease that is renewed until it is released', async () => {
    const { backend, locks, time } = granting();
    const lease = await locks.acquire('a', '10s');
    time.advance(60_000);
    expect(lease.isHeld).toBe(true);
    expect(backend.renewals.length).toBeGreaterThan(10);
    const released = lease.release();
    expect(lease.isHeld).toBe(false);
    time.turn();
    await released;
    expect(backend.releases).toHaveLength(1);
    expect(time.actions.filter((action) => !action.closed)).toHaveLength(0);
  });

  it('rejects as the stream would', async () => {
    const { backend, locks, time } = setup();
    const held = failure(locks.acquire('a', '10s', { wait: false }));
    backend.acquired[0]!.held({ holder: 'other' });
    expect(await held).toBeInstanceOf(LockHeldError);
    const late = failure(locks.acquire('a', '10s', { wait: '1s' }));
    backend.acquired[1]!.next({ type: 'queued' });
    time.advance(1000);
    expect(await late).toBeInstanceOf(LockTimeoutError);
  });

  it('rejects with the reason of its signal, and has no use for it later', async () => {
    const { backend, locks } = setup();
    const controller = new AbortController();
    const waiting = failure(locks.acquire('a', '10s', { signal: controller.signal }));
    const granted = locks.acquire('b', '10s', { signal: controller.signal });
    backend.acquired[1]!.grant();
    const lease = await granted;
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await waiting).toBe(reason);
    expect(lease.isHeld).toBe(true);
    expect(await failure(locks.acquire('c', '10s', { signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(backend.acquired).toHaveLength(2);
  });

  it('rejects with a LockError that says so when until ends the wait', async () => {
    const { locks } = setup();
    const until = new Subject<void>();
    const waiting = failure(locks.acquire('a', '10s', { until }));
    until.next();
    expect(await waiting).toMatchObject({
      name: 'LockError',
      code: 'ERR_LOCK',
      message: expect.stringMatching(/until/) as unknown,
    });
    expect(await failure(locks.acquire('a', '10s', { until: of(1) }))).toMatchObject({
      name: 'LockError',
      code: 'ERR_LOCK',
      message: expect.stringMatching(/until/) as unknown,
    });
  });

  it('never contends again, whatever the defaults say', async () => {
    const { backend, locks } = granting({ onLost: 'reacquire' });
    const lease = await locks.acquire('a', '10s');
    backend.revoked$.next({ grants: [(lease as unknown as { grant: never }).grant], reason: 'revoked' });
    expect(lease.isHeld).toBe(false);
    expect(backend.acquired).toHaveLength(1);
  });

  it('leaves no unhandled rejection when the lease is lost', async () => {
    const { backend, locks, time } = granting({ onLost: 'error' });
    const lease = await locks.acquire('a', '10s');
    backend.onRenew = (call) => {
      call.refuse();
    };
    time.advance(4000);
    expect(lease.isHeld).toBe(false);
    expect(lease.signal.reason).toBeInstanceOf(LockLostError);
  });

  it('has the defaults of its Locks, which its own options override', async () => {
    const { backend, locks, time } = setup({ wait: false, metadata: 'x' });
    const held = failure(locks.acquire('a', '10s'));
    backend.acquired[0]!.held();
    expect(await held).toBeInstanceOf(LockHeldError);
    const patient = locks.acquire('a', '10s', { wait: true, metadata: 'y' });
    expect(backend.acquired[1]!.args).toMatchObject({ wait: true, metadata: 'y' });
    backend.acquired[1]!.held();
    time.advance(1000);
    backend.acquired[2]!.grant();
    expect((await patient).isHeld).toBe(true);
  });

  it('is released by await using', async () => {
    const { locks, others } = embedded();
    let inside: Lease | undefined;
    {
      await using lease = await locks.acquire('a', '30s');
      inside = lease;
      expect(await others.tryAcquire('a', '30s')).toBeNull();
    }
    expect(inside.isHeld).toBe(false);
    const next = await others.tryAcquire('a', '30s');
    expect(next?.isHeld).toBe(true);
    await Promise.all([locks.close(), others.close()]);
  });

  it('is released by await using when the block throws, whose error is kept', async () => {
    const { locks, others } = embedded();
    const mine = new Error('mine');
    const block = async (): Promise<void> => {
      await using _lease = await locks.acquire('a', '30s');
      throw mine;
    };
    expect(await failure(block())).toBe(mine);
    expect(await others.tryAcquire('a', '30s')).not.toBeNull();
    await Promise.all([locks.close(), others.close()]);
  });

  it('hands over in the order of asking', async () => {
    const { locks } = embedded();
    const order: number[] = [];
    await Promise.all(
      [0, 1, 2, 3, 4].map(async (i) => {
        const lease = await locks.acquire('a', '30s');
        order.push(i);
        await lease.release();
      }),
    );
    expect(order).toEqual([0, 1, 2, 3, 4]);
    await locks.close();
  });
});

describe('tryAcquire', () => {
  it('is null at once if somebody else has it', async () => {
    const { locks, others } = embedded();
    const lease = await locks.tryAcquire('a', '30s');
    expect(lease?.isHeld).toBe(true);
    expect(await others.tryAcquire('a', '30s')).toBeNull();
    await lease!.release();
    expect(await others.tryAcquire('a', '30s')).not.toBeNull();
    await Promise.all([locks.close(), others.close()]);
  });

  it('asks once, without joining a queue, whatever the defaults say', async () => {
    const { backend, locks } = setup({ wait: '10s' });
    for (const options of [undefined, {}, { metadata: 'x' }]) {
      const tried = locks.tryAcquire('a', '10s', options);
      expect(backend.acquired.at(-1)!.args.wait).toBe(false);
      backend.acquired.at(-1)!.held();
      expect(await tried).toBeNull();
    }
    expect(backend.acquired).toHaveLength(3);
  });

  it('rejects when the service cannot be asked', async () => {
    const { backend, locks } = setup();
    const tried = failure(locks.tryAcquire('a', '10s'));
    backend.acquired[0]!.fail(new LockNetworkError('down'));
    expect(await tried).toBeInstanceOf(LockNetworkError);
  });
});

describe('using', () => {
  it('gives the work its lease, and its result back', async () => {
    const { locks } = embedded();
    let seen: Lease | undefined;
    const result = await locks.using('a', '30s', (lease) => {
      seen = lease;
      expect(lease.isHeld).toBe(true);
      return 7;
    });
    expect(result).toBe(7);
    expect(seen?.isHeld).toBe(false);
    expect((await locks.status('a')).status).toBe('free');
    await locks.close();
  });

  it('renews until the work settles', async () => {
    const { backend, locks, time } = granting();
    let finish: (value: string) => void = () => undefined;
    const used = locks.using('a', '10s', () => new Promise<string>((resolve) => (finish = resolve)));
    await settle(time);
    time.advance(60_000);
    expect(backend.renewals.length).toBeGreaterThan(10);
    expect(backend.releases).toHaveLength(0);
    finish('done');
    await settle(time);
    expect(await used).toBe('done');
    expect(backend.releases).toHaveLength(1);
  });

  it("gives the work's own error back, and releases", async () => {
    const { locks } = embedded();
    const mine = new Error('mine');
    for (const work of [
      () => {
        throw mine;
      },
      () => Promise.reject(mine),
    ]) {
      expect(await failure(locks.using('a', '30s', work))).toBe(mine);
      expect((await locks.status('a')).status).toBe('free');
    }
    await locks.close();
  });

  it('gives back what has run out under the work, once that has settled', async () => {
    const { backend, locks, time } = granting();
    backend.onRenew = undefined;
    let finish: () => void = () => undefined;
    const used = failure(locks.using('a', '10s', () => new Promise<void>((resolve) => (finish = resolve))));
    await settle(time);
    time.advance(9000);
    expect(backend.releases).toHaveLength(0);
    finish();
    await settle(time);
    expect(await used).toBeInstanceOf(LockLostError);
    expect(backend.releases).toHaveLength(1);
  });

  it('rejects with LockLostError if the lock was lost, once the work has settled', async () => {
    const { backend, locks, time } = granting();
    let finish: (value: string) => void = () => undefined;
    let aborted: unknown;
    const used = failure(
      locks.using('a', '10s', ({ signal }) => {
        signal.addEventListener('abort', () => {
          aborted = signal.reason;
        });
        return new Promise<string>((resolve) => (finish = resolve));
      }),
    );
    await settle(time);
    backend.onRenew = (call) => {
      call.refuse();
    };
    time.advance(4000);
    expect(aborted).toBeInstanceOf(LockLostError);
    let settled = false;
    void used.then(() => (settled = true));
    await settle(time);
    expect(settled).toBe(false);
    finish('too late');
    expect(await used).toMatchObject({ name: 'LockLostError', reason: 'refused' });
  });

  it('tells the own error of the work rather than the loss', async () => {
    const { backend, locks, time } = granting();
    const mine = new Error('mine');
    const used = failure(
      locks.using(
        'a',
        '10s',
        ({ signal }) =>
          new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(mine));
          }),
      ),
    );
    await settle(time);
    backend.onRenew = (call) => {
      call.refuse();
    };
    time.advance(4000);
    expect(await used).toBe(mine);
  });

  it('notices a loss that no timer could: the event loop was blocked', async () => {
    const { locks, time } = granting();
    const used = failure(
      locks.using('a', '10s', () => {
        time.frame = 20_000;
        return 'late';
      }),
    );
    expect(await used).toMatchObject({ name: 'LockLostError', reason: 'expired' });
  });

  it('is fine with work that gives its lock back itself', async () => {
    const { locks } = embedded();
    const result = await locks.using('a', '30s', async (lease) => {
      await lease.release();
      return 'early';
    });
    expect(result).toBe('early');
    await locks.close();
  });

  it('lets maxHold ask the work to stop, and goes on renewing until it has', async () => {
    const { backend, locks, time } = granting();
    let finish: (value: string) => void = () => undefined;
    let lease: Lease | undefined;
    const used = locks.using(
      'a',
      '10s',
      (mine) => {
        lease = mine;
        expect(mine.signal.aborted).toBe(false);
        return new Promise<string>((resolve) => (finish = resolve));
      },
      { maxHold: '5s', drainTimeout: '60s' },
    );
    await settle(time);
    time.advance(30_000);
    expect(lease!.signal.aborted).toBe(true);
    expect(lease!.isHeld).toBe(true);
    expect(backend.releases).toHaveLength(0);
    finish('done');
    await settle(time);
    expect(await used).toBe('done');
    expect(backend.releases).toHaveLength(1);
  });

  it('does not start work whose lock was lost on the way to it', async () => {
    const { backend, locks, time } = setup();
    let started = false;
    const used = failure(locks.using('a', '10s', () => (started = true)));
    const grant = backend.acquired[0]!.grant();
    backend.revoked$.next({ grants: [grant], reason: 'revoked' });
    await settle(time);
    expect(await used).toBeInstanceOf(LockLostError);
    expect(started).toBe(false);
  });

  it('does not start work when the locks were closed on the way to it', async () => {
    const { backend, locks, time } = setup();
    let started = false;
    const used = failure(locks.using('a', '10s', () => (started = true)));
    backend.acquired[0]!.grant();
    const closed = locks.close();
    await settle(time);
    expect(await used).toBeInstanceOf(LockClosedError);
    expect(started).toBe(false);
    await closed;
  });

  it('waits a second for the release at most, and never fails for it', async () => {
    const { backend, locks, time } = granting();
    backend.onRelease = undefined;
    let done = false;
    const used = locks
      .using('a', '10s', () => 'result')
      .then((result) => {
        done = true;
        return result;
      });
    await settle(time);
    time.advance(999);
    await settle(time);
    expect(done).toBe(false);
    time.advance(1);
    expect(await used).toBe('result');
  });

  it('does not run the work without the lock', async () => {
    const { backend, locks } = setup();
    let started = false;
    const used = failure(locks.using('a', '10s', () => (started = true), { wait: false }));
    backend.acquired[0]!.held();
    expect(await used).toBeInstanceOf(LockHeldError);
    expect(started).toBe(false);
  });

  it('runs one at a time', async () => {
    const { locks, others } = embedded();
    let inside = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        (i % 2 === 0 ? locks : others).using('a', '30s', async () => {
          most = Math.max(most, ++inside);
          await Promise.resolve();
          inside--;
        }),
      ),
    );
    expect([most, inside]).toEqual([1, 0]);
    await Promise.all([locks.close(), others.close()]);
  });
});

describe('tryUsing', () => {
  it('is null without running the work if somebody else has the lock', async () => {
    const { locks, others } = embedded();
    const lease = await locks.acquire('a', '30s');
    let started = false;
    expect(await others.tryUsing('a', '30s', () => (started = true))).toBeNull();
    expect(started).toBe(false);
    await lease.release();
    expect(await others.tryUsing('a', '30s', () => 'ran')).toBe('ran');
    await Promise.all([locks.close(), others.close()]);
  });

  it('does not take the null of the work for that', async () => {
    const { locks } = embedded();
    let ran = 0;
    expect(await locks.tryUsing('a', '30s', () => (ran++, null))).toBeNull();
    expect(ran).toBe(1);
    await locks.close();
  });

  it("rejects with the work's LockHeldError", async () => {
    const { locks } = embedded();
    const mine = new LockHeldError('another lock');
    expect(await failure(locks.tryUsing('a', '30s', () => Promise.reject(mine)))).toBe(mine);
    await locks.close();
  });

  it('keeps the lock for minHold: a short job runs once', async () => {
    const { locks, others } = embedded();
    expect(await locks.tryUsing('a', '30s', () => 'ran', { minHold: '20s' })).toBe('ran');
    expect(await others.tryUsing('a', '30s', () => 'ran')).toBeNull();
    await Promise.all([locks.close(), others.close()]);
  });
});

describe('acquireAll and usingAll', () => {
  it('give a lease of all of them', async () => {
    const { locks, others } = embedded();
    const lease: CompositeLease<bigint> = await locks.acquireAll(['b', 'a'], '30s');
    expect(lease.leases.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(lease.isHeld).toBe(true);
    expect(await others.tryAcquire('a', '30s')).toBeNull();
    await lease.release();
    expect(lease.isHeld).toBe(false);
    expect((await locks.list()).length).toBe(0);
    await Promise.all([locks.close(), others.close()]);
  });

  it('are released by await using', async () => {
    const { locks } = embedded();
    {
      await using lease = await locks.acquireAll(['b', 'a'], '30s');
      expect(lease.isHeld).toBe(true);
    }
    expect(await locks.list()).toEqual([]);
    await locks.close();
  });

  it('run work under all, and give its result', async () => {
    const { locks } = embedded();
    expect(await locks.usingAll(['x', 'y'], '30s', (lease) => lease.leases.length)).toBe(2);
    expect(await locks.list()).toEqual([]);
    await locks.close();
  });

  it('reject when one is lost during the work', async () => {
    const { backend, locks, time } = granting();
    let finish: () => void = () => undefined;
    const used = failure(locks.usingAll(['a', 'b'], '10s', () => new Promise<void>((resolve) => (finish = resolve))));
    await settle(time);
    backend.onRenew = (call) => {
      call.args.grants.forEach(({ name }, index) => {
        call.next(
          name === 'b'
            ? { index, outcome: 'refused' }
            : { index, outcome: 'renewed', bounds: [{ sentAt: call.at, ttl: 10_000 }] },
        );
      });
      call.done();
    };
    time.advance(4000);
    // The work under the others has not stopped: they are not given back before.
    expect(backend.releases).toHaveLength(0);
    finish();
    await settle(time);
    expect(await used).toMatchObject({ name: 'LockLostError', lockName: 'b' });
    expect(backend.releases.flatMap(({ args }) => args.grants.map(({ name }) => name))).toEqual(['a']);
  });

  it('reject when one is held, and keep nothing', async () => {
    const { locks, others } = embedded();
    const lease = await others.acquire('b', '30s');
    expect(await failure(locks.acquireAll(['a', 'b'], '30s', { wait: false }))).toBeInstanceOf(LockHeldError);
    expect((await locks.list()).map(({ name }) => name)).toEqual(['b']);
    await lease.release();
    await Promise.all([locks.close(), others.close()]);
  });

  it('reject bad names', async () => {
    const { locks } = setup();
    await expect(locks.acquireAll([], '10s')).rejects.toMatchObject({ option: 'names' });
    await expect(locks.usingAll(['a', 'a'], '10s', () => 1)).rejects.toMatchObject({ option: 'names' });
    await expect(locks.acquireAll('ab' as never, '10s')).rejects.toMatchObject({ option: 'names' });
  });
});

describe('after close', () => {
  it('everything rejects with LockClosedError', async () => {
    const backend = new ManualBackend();
    const locks = createLocks(backend);
    await locks.close();
    for (const promise of [
      locks.acquire('a', '10s', { until: NEVER }),
      locks.tryAcquire('a', '10s'),
      locks.using('a', '10s', () => 1),
      locks.tryUsing('a', '10s', () => 1),
      locks.acquireAll(['a'], '10s'),
      locks.usingAll(['a'], '10s', () => 1),
      locks.status('a'),
      locks.list(),
      locks.ping(),
    ]) {
      expect(await failure(promise)).toBeInstanceOf(LockClosedError);
    }
    expect(backend.acquired).toHaveLength(0);
  });
});

describe('options that promises do not have', () => {
  it('are refused by name', async () => {
    const { backend, locks } = setup();
    const refused = [
      ['wait', locks.tryAcquire('a', '10s', { wait: true } as object)],
      ['wait', locks.tryUsing('a', '10s', () => 1, { wait: '1s' } as object)],
      ['onLost', locks.acquire('a', '10s', { onLost: 'reacquire' } as object)],
      ['onLost', locks.tryAcquire('a', '10s', { onLost: 'error' } as object)],
      ['onLost', locks.using('a', '10s', () => 1, { onLost: 'error' } as object)],
      ['onLost', locks.acquireAll(['a'], '10s', { onLost: 'error' } as object)],
      ['onLost', locks.usingAll(['a'], '10s', () => 1, { onLost: 'error' } as object)],
      ['drainTimeout', locks.acquire('a', '10s', { drainTimeout: '1s' } as object)],
      ['drainTimeout', locks.using('a', '10s', () => 1, { drainTimeout: 'soon' })],
      ['options', locks.using('a', '10s', () => 1, null as never)],
    ] as const;
    for (const [option, promise] of refused) {
      const error = await failure(promise);
      expect(error).toBeInstanceOf(LockValidationError);
      expect(error).toMatchObject({ option });
    }
    expect(backend.acquired).toHaveLength(0);
  });

  it('are refused with what to do instead', async () => {
    const { locks } = setup();
    const error = await failure(locks.tryUsing('a', '10s', () => 1, { wait: '1s' } as object));
    expect((error as Error).message).toBe("there is no option 'wait' here: to wait, use acquire or using");
  });
});

describe('work under a lock that does not stop when it is asked to', () => {
  const never = (): Promise<never> => new Promise(() => undefined);

  /** What became of a promise by now. */
  function watch(promise: Promise<unknown>): { end: unknown } {
    const watched: { end: unknown } = { end: undefined };
    promise.then(
      (value) => (watched.end = value),
      (error: unknown) => (watched.end = error),
    );
    return watched;
  }

  const ways = {
    using: (locks: Locks<bigint>, options: UsingOptions) => locks.using('a', '10s', never, options),
    tryUsing: (locks: Locks<bigint>, options: UsingOptions) => locks.tryUsing('a', '10s', never, options),
    usingAll: (locks: Locks<bigint>, options: UsingOptions) => locks.usingAll(['a', 'b'], '10s', never, options),
  };
  for (const [name, use] of Object.entries(ways)) {
    it(`is left to itself after the ttl, and its lock runs out: ${name}`, async () => {
      const { backend, locks, time } = granting();
      const told: LocksEvent[] = [];
      locks.events$.subscribe((event) => told.push(event));
      const used = watch(use(locks, { maxHold: '5s' }));
      await settle(time);
      time.advance(14_999);
      await settle(time);
      expect(used.end).toBeUndefined();
      time.advance(1);
      await settle(time);
      expect(used.end).toBeInstanceOf(LockTimeoutError);
      // The work is still under way: nobody may be told to run it again.
      expect(used.end).toMatchObject({ retryable: false });
      expect(told.filter(({ type }) => type === 'drain-error')).toHaveLength(1);
      const renewals = backend.renewals.length;
      time.advance(10_000);
      expect(backend.renewals).toHaveLength(renewals);
      expect(told.at(-1)).toMatchObject({ type: 'lost', reason: 'expired' });
      expect(backend.releases).toHaveLength(0);
    });
  }

  it('is waited for as long as drainTimeout says, counted from when it was asked', async () => {
    const { locks, time } = granting();
    const until = new Subject<void>();
    const used = watch(locks.using('a', '10s', never, { until, drainTimeout: '2s' }));
    await settle(time);
    time.advance(60_000);
    until.next();
    time.advance(1999);
    await settle(time);
    expect(used.end).toBeUndefined();
    time.advance(1);
    await settle(time);
    expect(used.end).toBeInstanceOf(LockTimeoutError);
  });

  it('holds the others of several locks no longer than that when one of them is lost', async () => {
    const { backend, locks, time } = granting();
    const grants: Grant[] = [];
    backend.onAcquire = (call) => grants.push(call.grant());
    const used = watch(locks.usingAll(['a', 'b'], '10s', never, { drainTimeout: '2s' }));
    await settle(time);
    backend.revoked$.next({ grants: grants.slice(0, 1), reason: 'revoked' });
    const closed = watch(locks.close().then(() => 'closed'));
    time.advance(1999);
    await settle(time);
    expect(used.end).toBeUndefined();
    time.advance(1);
    await settle(time);
    expect(used.end).toMatchObject({
      code: 'ERR_LOCK_TIMEOUT',
      retryable: false,
      cause: { code: 'ERR_LOCK_LOST', reason: 'revoked' },
    });
    const renewals = backend.renewals.length;
    time.advance(10_000);
    await settle(time);
    expect(backend.renewals).toHaveLength(renewals);
    expect(closed.end).toBe('closed');
  });

  it('keeps the lock no longer once it has stopped after all, and is heard on events$', async () => {
    const { backend, locks, time } = granting();
    const told: LocksEvent[] = [];
    locks.events$.subscribe((event) => told.push(event));
    let fail: (error: unknown) => void = () => undefined;
    const work = (): Promise<never> => new Promise((_, reject) => (fail = reject));
    const used = watch(locks.using('a', '10s', work, { maxHold: '5s', drainTimeout: '1s' }));
    await settle(time);
    time.advance(6000);
    await settle(time);
    expect(used.end).toBeInstanceOf(LockTimeoutError);
    fail(new Error('at last'));
    await settle(time);
    expect(backend.releases).toHaveLength(1);
    expect(
      told.filter(({ type }) => type === 'drain-error').map((event) => (event as { error: Error }).error.message),
    ).toEqual([expect.stringContaining('did not stop'), 'at last']);
  });

  it('does not hold up close()', async () => {
    const { locks, time } = granting();
    const used = watch(locks.using('a', '10s', never));
    await settle(time);
    const closed = watch(locks.close({ drain: '3s' }).then(() => 'closed'));
    time.advance(3000);
    await settle(time);
    time.advance(10_000);
    await settle(time);
    expect(used.end).toBeInstanceOf(LockClosedError);
    time.advance(10_000);
    await settle(time);
    expect(closed.end).toBe('closed');
  });

  it('that awaits the close of its own Locks ends with LockClosedError, and a warning', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    try {
      const { locks, time } = granting();
      const within = watch(locks.using('a', '10s', () => locks.close()));
      await settle(time);
      time.advance(9999);
      await settle(time);
      expect(within.end).toBeUndefined();
      expect(warned).not.toHaveBeenCalled();
      time.advance(1);
      await settle(time);
      expect(within.end).toBeInstanceOf(LockClosedError);
      expect(warned).toHaveBeenCalledExactlyOnceWith(
        expect.stringContaining("the work under the lock 'a' did not stop in time; close() goes on without it"),
        'RxLockWarning',
        'RXLOCK_CLOSE_WITHIN',
      );
      time.advance(10_000);
      await settle(time);
      expect(await failure(locks.acquire('b', '10s'))).toBeInstanceOf(LockClosedError);
    } finally {
      warned.mockRestore();
    }
  });

  it('is awaited for as long as it takes after a loss: nothing is held', async () => {
    const { backend, locks, time } = granting();
    const used = watch(locks.using('a', '10s', never));
    await settle(time);
    backend.onRenew = (call) => {
      call.refuse();
    };
    time.advance(120_000);
    await settle(time);
    expect(used.end).toBeUndefined();
  });
});

describe('`until` before the grant', () => {
  const ways = {
    acquire: (locks: Locks<bigint>, until: Subject<void>) => locks.acquire('a', '10s', { until }),
    using: (locks: Locks<bigint>, until: Subject<void>) => locks.using('a', '10s', () => 1, { until }),
    acquireAll: (locks: Locks<bigint>, until: Subject<void>) => locks.acquireAll(['b', 'a'], '10s', { until }),
  };
  for (const [way, wait] of Object.entries(ways)) {
    it(`rejects with an error that names the lock: ${way}`, async () => {
      const { locks } = setup();
      const until = new Subject<void>();
      const waited = failure(wait(locks, until));
      until.next();
      const name = way === 'acquireAll' ? 'a,b' : 'a';
      expect(await waited).toMatchObject({
        code: 'ERR_LOCK',
        retryable: false,
        lockName: name,
        message: `\`until\` ended the wait for the lock '${name}' before it was granted`,
      });
    });
  }
});

describe('work that gives its lock back and then throws', () => {
  it('rejects with its error', async () => {
    const { locks } = embedded();
    const mine = new Error('mine');
    const work = (lease: Lease): never => {
      void lease.release();
      throw mine;
    };
    expect(await failure(locks.using('a', '30s', work))).toBe(mine);
    expect(await failure(locks.tryUsing('a', '30s', work))).toBe(mine);
    await locks.close();
  });
});
