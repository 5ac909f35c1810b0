import { concat, EMPTY, finalize, interval, NEVER, Observable, of, range, Subject, take, tap, throwError } from 'rxjs';
import { describe, expect, expectTypeOf, it, vi } from 'vitest';
import { withLock } from '../../operators/index.js';
import { LockHeldError, LockLostError, LockTimeoutError, LockValidationError } from '../../src/contract/errors.js';
import { RETAIN } from '../../src/contract/retention.js';
import type { Lease, LockEvent } from '../../src/contract/lease.js';
import { byName, FakeLease, fakeLock, marbles } from '../support/fake-lock.js';

const at = (time: number, ...what: string[]): string[] => what.map((one) => `${String(time)} a ${one}`);

/** Its stream ends with its loss, whatever somebody wants. */
function cannotBeAsked(lease: FakeLease): void {
  lease.after = undefined;
}

describe('withLock', () => {
  it(
    'runs the source when the lock is acquired, and gives the lock back when it completes',
    marbles((m) => {
      const lock = fakeLock(m, 'w--a----------');
      const lockSub = '         ^--------!';
      const source = m.cold('      -1-2-3|');
      const sourceSub = '       ---^-----!';
      const expected = '        ----1-2-3|';

      m.expect(source.pipe(withLock(lock.lock$))).toBeObservable(expected);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.expect(source).toHaveSubscriptions(sourceSub);
      m.flush();
      expect(lock.log).toStrictEqual(at(9, 'draining', 'given back'));
    }),
  );

  it(
    'gives the lock back before it completes',
    marbles((m) => {
      const lock = fakeLock(m, 'a--');
      const lockSub = '         ^!';
      const source = m.cold('   -|');
      const sourceSub = '       ^!';
      const expected = '        -|';

      m.expect(source.pipe(withLock(lock.lock$), tap({ complete: () => lock.log.push('done') }))).toBeObservable(
        expected,
      );
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.expect(source).toHaveSubscriptions(sourceSub);
      m.flush();
      expect(lock.log).toStrictEqual([...at(1, 'draining', 'given back'), 'done']);
    }),
  );

  it(
    'passes the error of the source on, unmasked, after giving the lock back',
    marbles((m) => {
      const lock = fakeLock(m, 'a-------');
      const lockSub = '         ^---!';
      const source = m.cold('   -1--#');
      const sourceSub = '       ^---!';
      const expected = '        -1--#';

      m.expect(source.pipe(withLock(lock.lock$))).toBeObservable(expected);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.expect(source).toHaveSubscriptions(sourceSub);
      m.flush();
      expect(lock.log).toStrictEqual(at(4, 'draining', 'given back'));
    }),
  );

  it(
    'stops the source on unsubscription, and only then lets the lock go',
    marbles((m) => {
      const lock = fakeLock(m, 'a--------');
      const lockSub = '         ^----!';
      const source = m.cold('   -1-2-3-4');
      const sourceSub = '       ^----!';
      const unsub = '           -----!';
      const expected = '        -1-2-';
      const watched = source.pipe(finalize(() => lock.log.push('stopped')));

      m.expect(watched.pipe(withLock(lock.lock$)), unsub).toBeObservable(expected);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.expect(source).toHaveSubscriptions(sourceSub);
      m.flush();
      expect(lock.log).toStrictEqual(['stopped', ...at(5, 'draining', 'given back')]);
    }),
  );

  it(
    'does not subscribe the source when it is unsubscribed while waiting',
    marbles((m) => {
      const lock = fakeLock(m, 'w--w--a');
      const lockSub = '         ^---!';
      const source = m.cold('    1');
      const unsub = '           ----!';
      const expected = '        -----';

      m.expect(source.pipe(withLock(lock.lock$)), unsub).toBeObservable(expected);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.expect(source).toHaveSubscriptions([]);
    }),
  );

  it(
    'goes on through renewals and uncertainty',
    marbles((m) => {
      const lock = fakeLock(m, 'a-r-u-r-');
      const lockSub = '         ^-----!';
      const source = m.cold('   -1-2-3|');
      const sourceSub = '       ^-----!';
      const expected = '        -1-2-3|';

      m.expect(source.pipe(withLock(lock.lock$))).toBeObservable(expected);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.expect(source).toHaveSubscriptions(sourceSub);
    }),
  );

  it(
    'can be subscribed again and again, each time with a lock of its own',
    marbles((m) => {
      const lock = fakeLock(m, '-a---');
      const lockSub1 = '        ^--!';
      const lockSub2 = '        ---^--!';
      const source = m.cold('    -1|');
      const sourceSub1 = '      -^-!';
      const sourceSub2 = '      ----^-!';
      const expected = '        --1--1|';
      const result$ = source.pipe(withLock(lock.lock$));

      m.expect(concat(result$, result$)).toBeObservable(expected);
      m.expect(lock.lock$).toHaveSubscriptions([lockSub1, lockSub2]);
      m.expect(source).toHaveSubscriptions([sourceSub1, sourceSub2]);
    }),
  );

  describe('on loss', () => {
    it(
      'stops the source in the same tick and errors',
      marbles((m) => {
        const lock = fakeLock(m, 'a---l');
        const lockSub = '         ^---!';
        const source = m.cold('   -1-2-3-4');
        const sourceSub = '       ^---!';
        const expected = '        -1-2#';

        m.expect(byName(source.pipe(withLock(lock.lock$)))).toBeObservable(expected, undefined, 'LockLostError');
        m.expect(lock.lock$).toHaveSubscriptions(lockSub);
        m.expect(source).toHaveSubscriptions(sourceSub);
        m.flush();
        expect(lock.log).toStrictEqual(at(4, 'lost'));
      }),
    );

    it(
      'has stopped the source before the error is seen',
      marbles((m) => {
        const lock = fakeLock(m, 'a---l');
        const lockSub = '         ^---!';
        const source = m.cold('   -1-2-3-4');
        const sourceSub = '       ^---!';
        const expected = '        -1-2#';
        const log: string[] = [];
        const watched = source.pipe(finalize(() => log.push('stopped')));

        m.expect(byName(watched.pipe(withLock(lock.lock$), tap({ error: () => log.push('error') })))).toBeObservable(
          expected,
          undefined,
          'LockLostError',
        );
        m.expect(lock.lock$).toHaveSubscriptions(lockSub);
        m.expect(source).toHaveSubscriptions(sourceSub);
        m.flush();
        expect(log).toStrictEqual(['stopped', 'error']);
      }),
    );

    it(
      'errors whatever the lock itself does after a loss',
      marbles((m) => {
        for (const after of ['(l|)', '(l#)', 'lwwb']) {
          const lock = fakeLock(m, `a---${after}`, new Error('from the lock'));
          const lockSub = '         ^---!';
          const source = m.cold('   -1-2-3-4');
          const sourceSub = '       ^---!';
          const expected = '        -1-2#';

          m.expect(byName(source.pipe(withLock(lock.lock$)))).toBeObservable(expected, undefined, 'LockLostError');
          m.expect(lock.lock$).toHaveSubscriptions(lockSub);
          m.expect(source).toHaveSubscriptions(sourceSub);
        }
      }),
    );

    it(
      "completes with onLost: 'complete'",
      marbles((m) => {
        const lock = fakeLock(m, 'a---l');
        const lockSub = '         ^---!';
        const source = m.cold('   -1-2-3-4');
        const sourceSub = '       ^---!';
        const expected = '        -1-2|';

        m.expect(source.pipe(withLock(lock.lock$, { onLost: 'complete' }))).toBeObservable(expected);
        m.expect(lock.lock$).toHaveSubscriptions(lockSub);
        m.expect(source).toHaveSubscriptions(sourceSub);
      }),
    );

    it(
      "starts the source anew with onLost: 'reacquire', where the lock itself contends again",
      marbles((m) => {
        const lock = fakeLock(m, 'a---lw--b-----');
        const lockSub = '         ^----------!';
        const source = m.cold('   -1-');
        const sourceSub1 = '      ^---!';
        const sourceSub2 = '      --------^--!';
        const unsub = '           -----------!';
        const expected = '        -1-------1-';

        m.expect(source.pipe(withLock(lock.lock$, { onLost: 'reacquire' })), unsub).toBeObservable(expected);
        m.expect(lock.lock$).toHaveSubscriptions(lockSub);
        m.expect(source).toHaveSubscriptions([sourceSub1, sourceSub2]);
      }),
    );

    it(
      "subscribes the lock again with onLost: 'reacquire', where it ends with the loss",
      marbles((m) => {
        for (const end of ['(l|)', '(l#)']) {
          const lock = fakeLock(m, `-a--${end}`, new LockLostError('lost'));
          lock.prepare = cannotBeAsked;
          const lockSub1 = '        ^---!';
          const lockSub2 = '        ----^---!';
          const lockSub3 = '        --------^--!';
          const source = m.cold('    -1-');
          const sourceSub1 = '      -^--!';
          const sourceSub2 = '      -----^--!';
          const sourceSub3 = '      ---------^-!';
          const unsub = '           -----------!';
          const expected = '        --1---1---1';

          m.expect(source.pipe(withLock(lock.lock$, { onLost: 'reacquire' })), unsub).toBeObservable(expected);
          m.expect(lock.lock$).toHaveSubscriptions([lockSub1, lockSub2, lockSub3]);
          m.expect(source).toHaveSubscriptions([sourceSub1, sourceSub2, sourceSub3]);
        }
      }),
    );

    it(
      "does not contend again with onLost: 'reacquire' when the lock ends later than the loss",
      marbles((m) => {
        const lock = fakeLock(m, '-a--l---|');
        const lockSub = '         ^-------!';
        lock.prepare = cannotBeAsked;
        const source = m.cold('    -1-');
        const sourceSub = '       -^--!';
        const expected = '        --1-----|';

        m.expect(source.pipe(withLock(lock.lock$, { onLost: 'reacquire' }))).toBeObservable(expected);
        m.expect(lock.lock$).toHaveSubscriptions(lockSub);
        m.expect(source).toHaveSubscriptions(sourceSub);
      }),
    );

    it(
      'takes a LockLostError of the lock for a loss',
      marbles((m) => {
        const lost = new LockLostError('lost');
        const lock = fakeLock(m, '-a--#', lost);
        const lockSub1 = '        ^---!';
        const lockSub2 = '        ^---!';
        const lockSub3 = '        ^---!';
        const lockSub4 = '        ----^--!';
        lock.prepare = cannotBeAsked;
        const source = m.cold('    -1-');
        const sourceSub1 = '      -^--!';
        const sourceSub2 = '      -^--!';
        const sourceSub3 = '      -^--!';
        const sourceSub4 = '      -----^-!';
        const failed = '          --1-#';
        const completed = '       --1-|';
        const unsub = '           -------!';
        const reacquired = '      --1---1-';

        m.expect(source.pipe(withLock(lock.lock$))).toBeObservable(failed, undefined, lost);
        m.expect(source.pipe(withLock(lock.lock$, { onLost: 'complete' }))).toBeObservable(completed);
        m.expect(source.pipe(withLock(lock.lock$, { onLost: 'reacquire' })), unsub).toBeObservable(reacquired);
        m.expect(lock.lock$).toHaveSubscriptions([lockSub1, lockSub2, lockSub3, lockSub4]);
        m.expect(source).toHaveSubscriptions([sourceSub1, sourceSub2, sourceSub3, sourceSub4]);
      }),
    );

    it('leaves no timer behind when it is unsubscribed after a loss', () => {
      vi.useFakeTimers();
      try {
        const lease = new FakeLease('a', 1n, () => 0, []);
        cannotBeAsked(lease);
        const lock = new Subject<LockEvent<bigint>>();
        const result = NEVER.pipe(withLock(lock, { onLost: 'reacquire' })).subscribe();
        lock.next({ type: 'acquired', name: 'a', at: 0, lease });
        lock.next(lease.lose('refused'));

        result.unsubscribe();

        expect(vi.getTimerCount()).toBe(0);
      } finally {
        vi.useRealTimers();
      }
    });

    it(
      "lets a lock that is granted and lost at once overflow no stack with onLost: 'reacquire'",
      marbles((m) => {
        let grants = 0;
        const lock$ = new Observable<LockEvent<bigint>>((sink) => {
          if (++grants === 5_000) throw new Error('enough');
          const lease = new FakeLease('a', 1n, () => m.scheduler.now(), []);
          cannotBeAsked(lease);
          sink.next({ type: 'acquired', name: 'a', at: 0, lease });
          sink.next(lease.lose('refused'));
          sink.complete();
        });

        const result$ = NEVER.pipe(withLock(lock$, { onLost: 'reacquire' }));
        m.expect(result$).toBeObservable('#', undefined, new Error('enough'));
      }),
    );
  });

  describe('gate', () => {
    it(
      'lets no value through after the deadline, though no timer has run',
      marbles((m) => {
        const lock = fakeLock(m, 'a--------');
        const lockSub = '         ^----!';
        lock.prepare = (lease) => (lease.deadline = 4);
        const source = m.cold('   -1-2-3-4');
        const sourceSub = '       ^----!';
        const expected = '        -1-2-#';

        m.expect(byName(source.pipe(withLock(lock.lock$)))).toBeObservable(expected, undefined, 'LockLostError');
        m.expect(lock.lock$).toHaveSubscriptions(lockSub);
        m.expect(source).toHaveSubscriptions(sourceSub);
      }),
    );

    it(
      'does not call a source complete that completes after the deadline',
      marbles((m) => {
        const lock = fakeLock(m, 'a--------');
        const lockSub = '         ^----!';
        lock.prepare = (lease) => (lease.deadline = 4);
        const source = m.cold('   -1---|');
        const sourceSub = '       ^----!';
        const expected = '        -1---#';

        m.expect(byName(source.pipe(withLock(lock.lock$)))).toBeObservable(expected, undefined, 'LockLostError');
        m.expect(lock.lock$).toHaveSubscriptions(lockSub);
        m.expect(source).toHaveSubscriptions(sourceSub);
      }),
    );

    it(
      'closes also where the stream never tells of a loss',
      marbles((m) => {
        const lock = fakeLock(m, 'a--------');
        const lockSub = '         ^----!';
        lock.prepare = (lease) => {
          lease.deadline = 4;
          lease.tell = () => undefined;
        };
        const source = m.cold('   -1-2-3-4');
        const sourceSub = '       ^----!';
        const expected = '        -1-2-#';

        m.expect(byName(source.pipe(withLock(lock.lock$)))).toBeObservable(expected, undefined, 'LockLostError');
        m.expect(lock.lock$).toHaveSubscriptions(lockSub);
        m.expect(source).toHaveSubscriptions(sourceSub);
      }),
    );

    it(
      'passes the error of a source on even after the deadline',
      marbles((m) => {
        const lock = fakeLock(m, 'a--------');
        const lockSub = '         ^----!';
        lock.prepare = (lease) => (lease.deadline = 4);
        const source = m.cold('   -1---#');
        const sourceSub = '       ^----!';
        const expected = '        -1---#';

        m.expect(source.pipe(withLock(lock.lock$))).toBeObservable(expected);
        m.expect(lock.lock$).toHaveSubscriptions(lockSub);
        m.expect(source).toHaveSubscriptions(sourceSub);
      }),
    );
  });

  describe('when the lock ends otherwise', () => {
    it(
      'stops the source and completes when the lock is released under it',
      marbles((m) => {
        const lock = fakeLock(m, 'a---(f|)');
        const lockSub = '         ^---!';
        const source = m.cold('   -1-2-3-4');
        const sourceSub = '       ^---!';
        const expected = '        -1-2|';

        m.expect(source.pipe(withLock(lock.lock$))).toBeObservable(expected);
        m.expect(lock.lock$).toHaveSubscriptions(lockSub);
        m.expect(source).toHaveSubscriptions(sourceSub);
        m.flush();
        expect(lock.log).toStrictEqual(at(4, 'draining', 'given back'));
      }),
    );

    it(
      'stops when a value makes its receiver release the lock',
      marbles((m) => {
        const lock = fakeLock(m, 'a-------');
        const lockSub = '         ^--!';
        const source = m.cold('   -1-(234)-5');
        const sourceSub = '       ^--!';
        const expected = '        -1-(2|)';
        const release = tap<string>((value) => value === '3' && void lock.leases.a?.release());

        m.expect(source.pipe(withLock(lock.lock$), release)).toBeObservable(expected);
        m.expect(lock.lock$).toHaveSubscriptions(lockSub);
        m.expect(source).toHaveSubscriptions(sourceSub);
      }),
    );

    it(
      'passes the errors of the lock on',
      marbles((m) => {
        const error = new LockTimeoutError('too long');
        const lock = fakeLock(m, 'w---#', error);
        const lockSub = '         ^---!';
        const source = m.cold('    1');
        const expected = '        ----#';

        m.expect(source.pipe(withLock(lock.lock$))).toBeObservable(expected, undefined, error);
        m.expect(lock.lock$).toHaveSubscriptions(lockSub);
        m.expect(source).toHaveSubscriptions([]);
      }),
    );

    it(
      'stops the source and passes an error of the lock on that comes while it is held',
      marbles((m) => {
        const error = new LockHeldError('closed');
        const lock = fakeLock(m, 'a---#', error);
        const lockSub = '         ^---!';
        const source = m.cold('   -1-2-3');
        const sourceSub = '       ^---!';
        const expected = '        -1-2#';

        m.expect(source.pipe(withLock(lock.lock$))).toBeObservable(expected, undefined, error);
        m.expect(lock.lock$).toHaveSubscriptions(lockSub);
        m.expect(source).toHaveSubscriptions(sourceSub);
      }),
    );

    it(
      'completes when the lock completes before it was acquired',
      marbles((m) => {
        const lock = fakeLock(m, 'w---|');
        const lockSub = '         ^---!';
        const source = m.cold('    1');
        const expected = '        ----|';

        m.expect(source.pipe(withLock(lock.lock$))).toBeObservable(expected);
        m.expect(lock.lock$).toHaveSubscriptions(lockSub);
        m.expect(source).toHaveSubscriptions([]);
      }),
    );

    it(
      'completes when the stream of the lock is cut',
      marbles((m) => {
        const lock = fakeLock(m, 'a---|');
        const lockSub = '         ^---!';
        const source = m.cold('   -1-2-3');
        const sourceSub = '       ^---!';
        const expected = '        -1-2|';

        m.expect(source.pipe(withLock(lock.lock$))).toBeObservable(expected);
        m.expect(lock.lock$).toHaveSubscriptions(lockSub);
        m.expect(source).toHaveSubscriptions(sourceSub);
      }),
    );

    it(
      'takes an end of the stream for a loss where the lease says so',
      marbles((m) => {
        const lock = fakeLock(m, 'a---|');
        const lockSub = '         ^---!';
        lock.prepare = (lease) => (lease.deadline = 4);
        const source = m.cold('   -1-2-3');
        const sourceSub = '       ^---!';
        const expected = '        -1-2#';

        m.expect(byName(source.pipe(withLock(lock.lock$)))).toBeObservable(expected, undefined, 'LockLostError');
        m.expect(lock.lock$).toHaveSubscriptions(lockSub);
        m.expect(source).toHaveSubscriptions(sourceSub);
      }),
    );
  });

  describe('drain', () => {
    it(
      'runs under the lock when the source has completed, and the result completes after it',
      marbles((m) => {
        const lock = fakeLock(m, 'a---------');
        const lockSub = '         ^--!';
        const source = m.cold('   -1-|');
        const sourceSub = '       ^--!';
        const drain = m.cold('       -x-x|');
        const drainSub = '        ---^---!';
        const expected = '        -1-----|';

        m.expect(source.pipe(withLock(lock.lock$, { drain: () => drain }))).toBeObservable(expected);
        m.expect(lock.lock$).toHaveSubscriptions(lockSub);
        m.expect(source).toHaveSubscriptions(sourceSub);
        m.expect(drain).toHaveSubscriptions(drainSub);
        m.flush();
        expect(lock.log).toStrictEqual([...at(3, 'draining'), ...at(7, 'given back')]);
      }),
    );

    it(
      'runs before the error of the source is passed on',
      marbles((m) => {
        const lock = fakeLock(m, 'a---------');
        const lockSub = '         ^--!';
        const source = m.cold('   -1-#');
        const sourceSub = '       ^--!';
        const drain = m.cold('       ----|');
        const drainSub = '        ---^---!';
        const expected = '        -1-----#';

        m.expect(source.pipe(withLock(lock.lock$, { drain: () => drain }))).toBeObservable(expected);
        m.expect(lock.lock$).toHaveSubscriptions(lockSub);
        m.expect(source).toHaveSubscriptions(sourceSub);
        m.expect(drain).toHaveSubscriptions(drainSub);
        m.flush();
        expect(lock.log).toStrictEqual([...at(3, 'draining'), ...at(7, 'given back')]);
      }),
    );

    it(
      'runs on after the result was unsubscribed, and the lock is held as long',
      marbles((m) => {
        const lock = fakeLock(m, 'a---------');
        const lockSub = '         ^---!';
        const source = m.cold('   -1-2-3');
        const sourceSub = '       ^---!';
        const drain = m.cold('        ---|');
        const drainSub = '        ----^--!';
        const unsub = '           ----!';
        const expected = '        -1-2-';

        m.expect(source.pipe(withLock(lock.lock$, { drain: () => drain })), unsub).toBeObservable(expected);
        m.expect(lock.lock$).toHaveSubscriptions(lockSub);
        m.expect(source).toHaveSubscriptions(sourceSub);
        m.expect(drain).toHaveSubscriptions(drainSub);
        m.flush();
        expect(lock.log).toStrictEqual([...at(4, 'draining'), ...at(7, 'given back')]);
      }),
    );

    it(
      'runs when the lock is to be released under the source',
      marbles((m) => {
        const lock = fakeLock(m, 'a---(f|)');
        const lockSub = '         ^---!';
        const source = m.cold('   -1-2-3');
        const sourceSub = '       ^---!';
        const drain = m.cold('        ---|');
        const drainSub = '        ----^--!';
        const expected = '        -1-2---|';

        m.expect(source.pipe(withLock(lock.lock$, { drain: () => drain }))).toBeObservable(expected);
        m.expect(lock.lock$).toHaveSubscriptions(lockSub);
        m.expect(source).toHaveSubscriptions(sourceSub);
        m.expect(drain).toHaveSubscriptions(drainSub);
        m.flush();
        expect(lock.log).toStrictEqual([...at(4, 'draining'), ...at(7, 'given back')]);
      }),
    );

    it(
      'is given the lease',
      marbles((m) => {
        const lock = fakeLock(m, 'a--');
        const lockSub = '         ^!';
        const source = m.cold('   -|');
        const sourceSub = '       ^!';
        const expected = '        -|';
        const given: Lease<bigint>[] = [];
        const drain = (lease: Lease<bigint>): Observable<never> => {
          given.push(lease);
          return EMPTY;
        };

        m.expect(source.pipe(withLock(lock.lock$, { drain }))).toBeObservable(expected);
        m.expect(lock.lock$).toHaveSubscriptions(lockSub);
        m.expect(source).toHaveSubscriptions(sourceSub);
        m.flush();
        expect(given).toStrictEqual([lock.leases.a]);
      }),
    );

    it(
      'does not run when the lock is lost',
      marbles((m) => {
        const lock = fakeLock(m, 'a---l');
        const lockSub = '         ^---!';
        const source = m.cold('   -1-2-3');
        const sourceSub = '       ^---!';
        const drain = m.cold('         ---|');
        const expected = '        -1-2#';

        m.expect(byName(source.pipe(withLock(lock.lock$, { drain: () => drain })))).toBeObservable(
          expected,
          undefined,
          'LockLostError',
        );
        m.expect(lock.lock$).toHaveSubscriptions(lockSub);
        m.expect(source).toHaveSubscriptions(sourceSub);
        m.expect(drain).toHaveSubscriptions([]);
      }),
    );

    it(
      'is cancelled by a loss, which is no completion',
      marbles((m) => {
        const lock = fakeLock(m, 'a---------');
        const lockSub = '         ^--!';
        const source = m.cold('   -1-|');
        const sourceSub = '       ^--!';
        const drain = m.cold('       ------|');
        const drainSub = '        ---^-!';
        const expected = '        -1---#';
        m.scheduler.schedule(() => lock.leases.a?.lose('refused'), 5);

        m.expect(byName(source.pipe(withLock(lock.lock$, { drain: () => drain })))).toBeObservable(
          expected,
          undefined,
          'LockLostError',
        );
        m.expect(lock.lock$).toHaveSubscriptions(lockSub);
        m.expect(source).toHaveSubscriptions(sourceSub);
        m.expect(drain).toHaveSubscriptions(drainSub);
      }),
    );

    it(
      'that is cancelled by a loss masks no error of the source',
      marbles((m) => {
        const lock = fakeLock(m, 'a---------');
        const lockSub = '         ^--!';
        const source = m.cold('   -1-#');
        const sourceSub = '       ^--!';
        const drain = m.cold('       ------|');
        const drainSub = '        ---^-!';
        const expected = '        -1---#';
        m.scheduler.schedule(() => lock.leases.a?.lose('refused'), 5);

        m.expect(source.pipe(withLock(lock.lock$, { drain: () => drain }))).toBeObservable(expected);
        m.expect(lock.lock$).toHaveSubscriptions(lockSub);
        m.expect(source).toHaveSubscriptions(sourceSub);
        m.expect(drain).toHaveSubscriptions(drainSub);
      }),
    );

    it(
      'tells its own failure to the lock only',
      marbles((m) => {
        const boom = new Error('boom');
        const drains = {
          '-1---|': () => m.cold('--#', undefined, boom),
          '-1-|': () => throwError(() => boom),
          '-1-(|)': (): never => raise(boom),
        };
        for (const [expected, drain] of Object.entries(drains)) {
          const lock = fakeLock(m, 'a---------');
          const lockSub = '         ^--!';
          const source = m.cold('   -1-|');
          const sourceSub = '       ^--!';

          m.expect(source.pipe(withLock(lock.lock$, { drain }))).toBeObservable(expected);
          m.expect(lock.lock$).toHaveSubscriptions(lockSub);
          m.expect(source).toHaveSubscriptions(sourceSub);
          m.scheduler.schedule(() => {
            expect(lock.leases.a?.failures).toStrictEqual([boom]);
            expect(lock.log.at(-1)).toMatch('given back');
          }, 9);
        }
      }),
    );

    it(
      'takes no longer than drainTimeout: then the lock is left to run out',
      marbles((m) => {
        const lock = fakeLock(m, 'a---------');
        const lockSub = '         ^--!';
        const source = m.cold('   -1-|');
        const sourceSub = '       ^--!';
        const drain = m.cold('       ----------|');
        const drainSub = '        ---^---!';
        const expected = '        -1-----|';

        m.expect(source.pipe(withLock(lock.lock$, { drain: () => drain, drainTimeout: 4 }))).toBeObservable(expected);
        m.expect(lock.lock$).toHaveSubscriptions(lockSub);
        m.expect(source).toHaveSubscriptions(sourceSub);
        m.expect(drain).toHaveSubscriptions(drainSub);
        m.flush();
        expect(lock.log).toStrictEqual([...at(3, 'draining'), ...at(7, 'abandoned')]);
        expect(lock.leases.a?.renewing).toBe(false);
        expect(lock.leases.a?.failures).toStrictEqual([expect.any(LockTimeoutError)]);
      }),
    );

    it(
      'takes no longer than the ttl by default',
      marbles((m) => {
        const lock = fakeLock(m, 'a---------');
        const lockSub = '         ^!';
        const source = m.cold('   -|');
        const sourceSub = '       ^!';
        const drain = m.cold('     ----');
        const drainSub = '        -^ 19ms !';
        const expected = '        - 20ms |';

        m.expect(source.pipe(withLock(lock.lock$, { drain: () => drain }))).toBeObservable(expected);
        m.expect(lock.lock$).toHaveSubscriptions(lockSub);
        m.expect(source).toHaveSubscriptions(sourceSub);
        m.expect(drain).toHaveSubscriptions(drainSub);
        m.flush();
        expect(lock.log).toStrictEqual([...at(1, 'draining'), ...at(21, 'abandoned')]);
      }),
    );
  });

  describe('with everything at once', () => {
    it(
      'serves a source that completes within its subscribe',
      marbles((m) => {
        const lock = fakeLock(m, '(ar)---');
        const lockSub = '         (^!)';
        const expected = '        (12|)';

        m.expect(of('1', '2').pipe(withLock(lock.lock$))).toBeObservable(expected);
        m.expect(lock.lock$).toHaveSubscriptions(lockSub);
        m.flush();
        expect(lock.log).toStrictEqual(at(0, 'draining', 'given back'));
      }),
    );

    it(
      'serves a synchronous take below it',
      marbles((m) => {
        const lock = fakeLock(m, '(ar)---');
        const lockSub = '         (^!)';
        const expected = '        (xy|)';
        let made = 0;
        const source = range(0, 1000).pipe(tap(() => made++));

        m.expect(source.pipe(withLock(lock.lock$), take(2))).toBeObservable(expected, { x: 0, y: 1 });
        m.expect(lock.lock$).toHaveSubscriptions(lockSub);
        m.flush();
        expect(made).toBe(2);
        expect(lock.log).toStrictEqual(at(0, 'draining', 'given back'));
      }),
    );

    it('serves a synchronous take of a lock that is granted within its subscribe', () => {
      const log: string[] = [];
      const lock$ = new Observable<LockEvent<bigint>>((sink) => {
        const lease = new FakeLease('a', 1n, () => 0, log);
        sink.add(lease);
        sink.next({ type: 'acquired', name: 'a', at: 0, lease });
      });
      const source = range(0, 1000).pipe(tap((value) => log.push(String(value))));

      source.pipe(withLock(lock$), take(2)).subscribe();

      expect(log).toStrictEqual(['0', '1', '0 a draining', '0 a given back']);
    });

    it('lets the lock go after a teardown that a synchronous source returns late', () => {
      const log: string[] = [];
      const lease = { isHeld: true, name: 'x', ttl: 1, [RETAIN]: () => ({ release: () => log.push('released') }) };
      const lock$ = new Observable<LockEvent<bigint>>((sink) => {
        sink.next({ type: 'acquired', name: 'x', at: 0, lease: lease as unknown as Lease<bigint> });
      });
      const source = new Observable<number>((sink) => {
        sink.next(1);
        return () => log.push('stopped');
      });

      source.pipe(withLock(lock$), take(1)).subscribe(() => log.push('value'));

      expect(log).toStrictEqual(['value', 'stopped', 'released']);
    });

    it(
      'does not subscribe a source when the lock ends as soon as it is granted',
      marbles((m) => {
        const lock = fakeLock(m, 'a---');
        const lockSub = '         (^!)';
        const lock$ = lock.lock$.pipe(
          tap((event) => event.type === 'acquired' && void (event.lease as FakeLease).release()),
        );
        const source = m.cold('   1');
        const expected = '        |';

        m.expect(source.pipe(withLock(lock$))).toBeObservable(expected);
        m.expect(lock.lock$).toHaveSubscriptions(lockSub);
        m.expect(source).toHaveSubscriptions([]);
      }),
    );
  });

  it('refuses bad options at the call, naming them', () => {
    const lock$ = new Observable<LockEvent<bigint>>();
    const refused = (option: string, call: () => unknown): void => {
      expect(call).toThrow(LockValidationError);
      expect(call).toThrow(expect.objectContaining({ option }) as Error);
    };
    refused('lock$', () => withLock('x' as never));
    refused('onLost', () => withLock(lock$, { onLost: 'retry' as never }));
    refused('drain', () => withLock(lock$, { drain: of(1) as never }));
    refused('drainTimeout', () => withLock(lock$, { drainTimeout: 'soon' }));
    refused('drainTimeOut', () => withLock(lock$, { drainTimeOut: 5 } as never));
  });

  it('says that it takes what lock$() emits, and not leadership', () => {
    const errors: unknown[] = [];
    // As JavaScript can do it.
    const leader$ = of({ leading: true }) as unknown as Observable<LockEvent<bigint>>;
    interval(1)
      .pipe(withLock(leader$))
      .subscribe({ error: (error: unknown) => errors.push(error) });
    expect(errors.map(String)).toStrictEqual([
      'LockConfigError: withLock(), usingLock() and their like take what lock$() emits; for leader$() there is whileLeader()',
    ]);
  });

  it('keeps the type of the source and knows the type of the token', () => {
    const lock$ = new Observable<LockEvent<bigint>>();
    const tokenless$ = new Observable<LockEvent<undefined>>();

    expectTypeOf(interval(1).pipe(withLock(lock$))).toEqualTypeOf<Observable<number>>();
    withLock(lock$, {
      drain: (lease) => {
        expectTypeOf(lease).toEqualTypeOf<Lease<bigint>>();
        return of(1);
      },
    });
    withLock(tokenless$, {
      drain: (lease) => {
        expectTypeOf(lease.fencingToken).toEqualTypeOf<undefined>();
        return of(1);
      },
    });
  });
});

function raise(error: Error): never {
  throw error;
}
