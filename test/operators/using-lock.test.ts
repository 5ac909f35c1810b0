import { concat, EMPTY, from, interval, map, Observable, of, Subject, type Subscription } from 'rxjs';
import { describe, expect, expectTypeOf, it, vi } from 'vitest';
import { usingLock } from '../../operators/index.js';
import { LockLostError, LockTimeoutError, LockValidationError } from '../../src/contract/errors.js';
import type { CompositeEvent, Lease, LockEvent } from '../../src/contract/lease.js';
import { byName, FakeLease, fakeLock, marbles } from '../support/fake-lock.js';

/** A lock that a test grants and takes by hand, for work that is a promise: those never settle on virtual time. */
class ManualLock {
  readonly log: string[] = [];
  time = 0;
  readonly lease = new FakeLease('a', 1n, () => this.time, this.log, 30);
  private readonly events = new Subject<LockEvent<bigint>>();
  readonly lock$ = new Observable<LockEvent<bigint>>((sink) => {
    sink.add(this.lease);
    this.lease.tell = (event) => {
      sink.next(event);
      sink.complete();
    };
    sink.next({ type: 'acquired', name: 'a', at: 0, lease: this.lease });
    sink.add(this.events.subscribe(sink));
  });

  finish(): void {
    this.events.next(this.lease.finish());
    this.events.complete();
  }
}

/** Writes down what a result does. */
function record<T>(result$: Observable<T>, log: string[]): Subscription {
  return result$.subscribe({
    next: (value) => log.push(`value ${String(value)}`),
    error: (error: unknown) => log.push(`error ${(error as Error).name}`),
    complete: () => log.push('complete'),
  });
}

/** A promise to be settled by hand. */
function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (reason: unknown) => void } {
  let resolve: (value: T) => void = () => undefined;
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** Lets everything that is due, and that becomes due by it, happen. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

describe('usingLock', () => {
  it(
    'gives the work its lease',
    marbles((m) => {
      const lock = fakeLock(m, 'w-a----');
      const lockSub = '         ^---!';
      const inner = m.cold('      x-|');
      const innerSub = '        --^-!';
      const expected = '        --1-|';
      const work = (lease: Lease<bigint>): Observable<string> => inner.pipe(map(() => String(lease.fencingToken)));

      m.expect(usingLock(lock.lock$, work)).toBeObservable(expected);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.expect(inner).toHaveSubscriptions(innerSub);
    }),
  );

  it(
    'calls the work once for each grant, with the lease of that grant',
    marbles((m) => {
      const lock = fakeLock(m, 'a---lw--b----');
      const lockSub = '         ^------------';
      const inner = m.cold('    ------');
      const innerSub1 = '       ^---!';
      const innerSub2 = '       --------^----';
      const expected = '        1-------2----';
      const work = (lease: Lease<bigint>) => concat(of(String(lease.fencingToken)), inner);

      m.expect(usingLock(lock.lock$, work, { onLost: 'reacquire' })).toBeObservable(expected);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.expect(inner).toHaveSubscriptions([innerSub1, innerSub2]);
    }),
  );

  it(
    'does not call the work before the lock is acquired',
    marbles((m) => {
      const lock = fakeLock(m, 'w--w---');
      const lockSub = '         ^';
      const expected = '        -------';
      const work = vi.fn(() => EMPTY);

      m.expect(usingLock(lock.lock$, work)).toBeObservable(expected);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.flush();
      expect(work).not.toHaveBeenCalled();
    }),
  );

  it(
    'gives the lock back when the work throws instead of returning something',
    marbles((m) => {
      const lock = fakeLock(m, '-a-----');
      const lockSub = '         ^!';
      const expected = '        -#';
      const boom = new Error('boom');
      const work = (): Observable<never> => {
        throw boom;
      };

      m.expect(usingLock(lock.lock$, work)).toBeObservable(expected, undefined, boom);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.flush();
      expect(lock.log).toStrictEqual(['1 a draining', '1 a given back']);
    }),
  );

  it(
    'gives the lock back when the work returns what is no stream',
    marbles((m) => {
      const lock = fakeLock(m, '-a-----');
      const lockSub = '         ^!';
      const expected = '        -#';

      m.expect(byName(usingLock(lock.lock$, () => undefined as never))).toBeObservable(
        expected,
        undefined,
        'TypeError',
      );
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.flush();
      expect(lock.log.at(-1)).toBe('1 a given back');
    }),
  );

  it(
    'does not subscribe what the work returns after it gave the lock back itself',
    marbles((m) => {
      const lock = fakeLock(m, '-a-----');
      const lockSub = '         ^!';
      const inner = m.cold('      1');
      const expected = '        -|';
      const work = (lease: Lease<bigint>): Observable<string> => {
        void lease.release();
        return inner;
      };

      m.expect(usingLock(lock.lock$, work)).toBeObservable(expected);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.expect(inner).toHaveSubscriptions([]);
    }),
  );

  it(
    'waits with the next run until the last has drained',
    marbles((m) => {
      // The second lease comes before the first has drained: only a stream that merges locks does that.
      const lock = fakeLock(m, 'a---b------');
      const lockSub = '         ^';
      const inner = m.cold('    ------');
      const innerSub1 = '       ^---!';
      const innerSub2 = '       ------^----';
      const drain = m.cold('        --|');
      const drainSub = '        ----^-!';
      const expected = '        1-----2----';
      const work = (lease: Lease<bigint>) => concat(of(String(lease.fencingToken)), inner);

      m.expect(usingLock(lock.lock$, work, { drain: () => drain })).toBeObservable(expected);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.expect(inner).toHaveSubscriptions([innerSub1, innerSub2]);
      m.expect(drain).toHaveSubscriptions(drainSub);
    }),
  );

  it(
    'does not run with a lease that was lost while it waited for the last run',
    marbles((m) => {
      const lock = fakeLock(m, 'a---b-m------');
      const lockSub = '         ^';
      const inner = m.cold('    ------');
      const innerSub = '        ^---!';
      const drain = m.cold('        ----|');
      const drainSub = '        ----^---!';
      const expected = '        1------------';
      const work = vi.fn((lease: Lease<bigint>) => concat(of(String(lease.fencingToken)), inner));

      const options = { drain: () => drain, onLost: 'reacquire' } as const;
      m.expect(usingLock(lock.lock$, work, options)).toBeObservable(expected);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.expect(inner).toHaveSubscriptions(innerSub);
      m.expect(drain).toHaveSubscriptions(drainSub);
      m.flush();
      expect(work).toHaveBeenCalledOnce();
    }),
  );

  describe('with a promise', () => {
    it('emits its value, gives the lock back and completes', async () => {
      const lock = new ManualLock();

      record(
        usingLock(lock.lock$, async (lease) => Promise.resolve(lease.fencingToken)),
        lock.log,
      );
      await settled();

      expect(lock.log).toStrictEqual(['value 1', '0 a draining', '0 a given back', 'complete']);
    });

    it('passes its rejection on', async () => {
      const lock = new ManualLock();

      record(
        usingLock(lock.lock$, () => Promise.reject(new RangeError('no'))),
        lock.log,
      );
      await settled();

      expect(lock.log).toStrictEqual(['0 a draining', '0 a given back', 'error RangeError']);
    });

    it('holds the lock after an unsubscription until it has settled; its signal aborts first', async () => {
      const lock = new ManualLock();
      const work = deferred<string>();
      const result = record(
        usingLock(lock.lock$, (lease) => {
          lease.signal.addEventListener('abort', () => lock.log.push('aborted'));
          return work.promise;
        }),
        lock.log,
      );

      result.unsubscribe();
      await settled();
      expect(lock.log).toStrictEqual(['aborted', '0 a draining']);

      work.resolve('late');
      await settled();
      expect(lock.log).toStrictEqual(['aborted', '0 a draining', '0 a given back']);
    });

    it('drains after it has settled', async () => {
      const lock = new ManualLock();
      const work = deferred<string>();
      const drain = vi.fn(() => EMPTY);

      record(
        usingLock(lock.lock$, () => work.promise, { drain }),
        lock.log,
      ).unsubscribe();
      await settled();
      expect(drain).not.toHaveBeenCalled();

      work.resolve('late');
      await settled();
      expect(drain).toHaveBeenCalledOnce();
      expect(lock.log.at(-1)).toBe('0 a given back');
    });

    it('does not drain when the deadline passed unseen while it settled', async () => {
      const lock = new ManualLock();
      const work = deferred<string>();
      const drain = vi.fn(() => EMPTY);
      lock.lease.deadline = 5;
      record(
        usingLock(lock.lock$, () => work.promise, { drain }),
        lock.log,
      ).unsubscribe();

      lock.time = 5;
      work.resolve('late');
      await settled();

      expect(drain).not.toHaveBeenCalled();
      expect(lock.log).toStrictEqual(['0 a draining', '5 a lost']);
    });

    it('waits for it when the lock is to be released, and completes after it', async () => {
      const lock = new ManualLock();
      const work = deferred<string>();
      record(
        usingLock(lock.lock$, () => work.promise),
        lock.log,
      );

      lock.finish();
      await settled();
      expect(lock.log).toStrictEqual(['0 a draining']);

      work.resolve('late');
      await settled();
      expect(lock.log).toStrictEqual(['0 a draining', '0 a given back', 'complete']);
    });

    it('does not wait for it when its own work releases the lock', async () => {
      const lock = new ManualLock();
      record(
        usingLock(lock.lock$, async (lease) => {
          await lease.release();
          return new Promise<string>(() => undefined);
        }),
        lock.log,
      );
      await settled();

      expect(lock.log).toStrictEqual(['0 a given back', 'complete']);
    });

    it('errors at once on a loss, and takes a rejection that follows for what it is', async () => {
      const lock = new ManualLock();
      const work = deferred<string>();
      record(
        usingLock(lock.lock$, () => work.promise),
        lock.log,
      );

      lock.lease.lose('refused');
      expect(lock.log).toStrictEqual(['0 a lost', 'error LockLostError']);

      work.reject(new LockLostError('lost'));
      await settled();
      expect(lock.lease.failures).toStrictEqual([]);
    });

    it('does not emit a value that comes after the deadline', async () => {
      const lock = new ManualLock();
      const work = deferred<string>();
      lock.lease.deadline = 5;
      record(
        usingLock(lock.lock$, () => work.promise),
        lock.log,
      );

      lock.time = 5;
      work.resolve('stale');
      await settled();

      expect(lock.log).toStrictEqual(['5 a lost', 'error LockLostError']);
    });

    it('tells the lock of a rejection after the unsubscription, unless it is the abort', async () => {
      const failures = async (reason: unknown): Promise<readonly unknown[]> => {
        const lock = new ManualLock();
        const work = deferred<string>();
        record(
          usingLock(lock.lock$, () => work.promise),
          lock.log,
        ).unsubscribe();
        work.reject(reason);
        await settled();
        expect(lock.log.at(-1)).toBe('0 a given back');
        return lock.lease.failures;
      };

      const boom = new Error('boom');
      expect(await failures(boom)).toStrictEqual([boom]);
      expect(await failures(new DOMException('stopped', 'AbortError'))).toStrictEqual([]);
    });

    it('never makes an unhandled rejection', async () => {
      const unhandled = vi.fn();
      process.on('unhandledRejection', unhandled);
      try {
        const lock = new ManualLock();
        const work = deferred<string>();
        record(
          usingLock(lock.lock$, () => work.promise),
          lock.log,
        ).unsubscribe();
        work.reject(new Error('boom'));
        // Node tells of unhandled rejections once the microtasks are done.
        await new Promise((resolve) => setImmediate(resolve));
        expect(unhandled).not.toHaveBeenCalled();
      } finally {
        process.off('unhandledRejection', unhandled);
      }
    });

    it('leaves the lock to run out when it does not settle within drainTimeout', async () => {
      vi.useFakeTimers();
      try {
        const lock = new ManualLock();
        record(
          usingLock(lock.lock$, () => new Promise<string>(() => undefined), { drainTimeout: 10 }),
          lock.log,
        ).unsubscribe();

        await vi.advanceTimersByTimeAsync(9);
        expect(lock.log).toStrictEqual(['0 a draining']);
        await vi.advanceTimersByTimeAsync(1);
        expect(lock.log).toStrictEqual(['0 a draining', '0 a abandoned']);
        expect(lock.lease.failures).toStrictEqual([expect.any(LockTimeoutError)]);
        expect(vi.getTimerCount()).toBe(0);
      } finally {
        vi.useRealTimers();
      }
    });
  });

  describe('with an async generator', () => {
    it('emits what it yields', async () => {
      const lock = new ManualLock();
      async function* work(lease: Lease<bigint>): AsyncGenerator<bigint> {
        yield lease.fencingToken;
        await Promise.resolve();
        yield lease.fencingToken + 1n;
      }

      record(usingLock(lock.lock$, work), lock.log);
      await settled();

      expect(lock.log).toStrictEqual(['value 1', 'value 2', '0 a draining', '0 a given back', 'complete']);
    });

    it('holds the lock after an unsubscription until its finally blocks have run', async () => {
      const lock = new ManualLock();
      const step = deferred<undefined>();
      async function* work(): AsyncGenerator<number> {
        try {
          yield 1;
          await step.promise;
          yield 2;
          lock.log.push('went on');
        } finally {
          await Promise.resolve();
          lock.log.push('cleaned up');
        }
      }
      const result = record(usingLock(lock.lock$, work), lock.log);
      await settled();

      result.unsubscribe();
      await settled();
      expect(lock.log).toStrictEqual(['value 1', '0 a draining']);

      step.resolve(undefined);
      await settled();
      expect(lock.log).toStrictEqual(['value 1', '0 a draining', 'cleaned up', '0 a given back']);
    });
  });

  it('refuses bad arguments at the call, naming them', () => {
    const lock$ = new Observable<LockEvent<bigint>>();
    const refused = (option: string, call: () => unknown): void => {
      expect(call).toThrow(LockValidationError);
      expect(call).toThrow(expect.objectContaining({ option }) as Error);
    };
    refused('lock$', () => usingLock({} as never, () => EMPTY));
    refused('work', () => usingLock(lock$, EMPTY as never));
    refused('onLost', () => usingLock(lock$, () => EMPTY, { onLost: 'again' as never }));
    refused('drain', () => usingLock(lock$, () => EMPTY, { drain: 5 as never }));
    refused('drainTimeout', () => usingLock(lock$, () => EMPTY, { drainTimeout: -1 }));
    refused('concurrent', () => usingLock(lock$, () => EMPTY, { concurrent: 5 } as never));
  });

  it('knows the types of the values and of the lease', () => {
    const lock$ = new Observable<LockEvent<bigint>>();
    const unknown$ = new Observable<LockEvent>();
    const composite$ = new Observable<CompositeEvent<bigint>>();

    expectTypeOf(usingLock(lock$, () => interval(1))).toEqualTypeOf<Observable<number>>();
    expectTypeOf(usingLock(lock$, async () => Promise.resolve('x'))).toEqualTypeOf<Observable<string>>();
    expectTypeOf(usingLock(lock$, () => [1, 2])).toEqualTypeOf<Observable<number>>();
    expectTypeOf(usingLock(lock$, (lease) => (lease.isHeld ? of(1) : from(['x'])))).toEqualTypeOf<
      Observable<number | string>
    >();
    usingLock(lock$, (lease) => {
      expectTypeOf(lease).toEqualTypeOf<Lease<bigint>>();
      return EMPTY;
    });
    usingLock(unknown$, (lease) => {
      expectTypeOf(lease.fencingToken).toEqualTypeOf<bigint | undefined>();
      return EMPTY;
    });
    usingLock(composite$, (lease) => {
      expectTypeOf(lease.leases).toEqualTypeOf<readonly Lease<bigint>[]>();
      return EMPTY;
    });
  });
});
