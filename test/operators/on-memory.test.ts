import {
  concatMap,
  exhaustMap,
  finalize,
  interval,
  map,
  mergeMap,
  Observable,
  Subject,
  switchMap,
  take,
  timer,
  type OperatorFunction,
} from 'rxjs';
import type { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import {
  lockMap,
  ofLockEvent,
  shareLease,
  tapLock,
  tryWithLock,
  usingLock,
  whileLeader,
  withLock,
} from '../../operators/index.js';
import { memory } from '../../src/backends/memory/memory.js';
import { LockLostError, LockTimeoutError } from '../../src/contract/errors.js';
import { createLocksIn } from '../../src/testing/create-locks-in.js';
import type { LockBackend } from '../../src/contract/backend.js';
import { marbles } from '../support/fake-lock.js';

/** A log with virtual times, and a service that writes down when it is asked. */
function watched({ scheduler }: { readonly scheduler: TestScheduler }) {
  const log: string[] = [];
  const note = (what: string): void => {
    log.push(`${String(scheduler.now())} ${what}`);
  };
  const backend: LockBackend<ReturnType<typeof memory>['features']> = memory();
  const release = backend.release.bind(backend);
  const renew = backend.renew.bind(backend);
  backend.release = (grants, keepFor) => {
    for (const { name } of grants) note(`release ${name}`);
    return release(grants, keepFor);
  };
  backend.renew = (grants, ttls) => {
    for (const { name } of grants) note(`renew ${name}`);
    return renew(grants, ttls);
  };
  return { log, note, backend };
}

/** The clean-up of work in a log. */
function stopping<T>(note: (what: string) => void): (source: Observable<T>) => Observable<T> {
  return finalize(() => {
    note('stopped');
  });
}

describe('work below a lock', () => {
  const flatteners: Record<string, (work: () => Observable<number>) => OperatorFunction<unknown, number>> = {
    switchMap: (work) => switchMap(work),
    mergeMap: (work) => mergeMap(work),
    concatMap: (work) => concatMap(work),
    exhaustMap: (work) => exhaustMap(work),
  };
  for (const [name, flatten] of Object.entries(flatteners)) {
    it(
      `is stopped in ${name} before the release is sent`,
      marbles((m) => {
        const { log, note, backend } = watched(m);
        const work = (): Observable<number> => interval(100).pipe(stopping(note));
        const unsub = '   ^ 249ms !';
        const expected = '100ms a 99ms b';

        const lock$ = createLocksIn(m)(backend).lock$('x', '10s');
        const result$ = lock$.pipe(ofLockEvent('acquired'), flatten(work));
        m.expect(result$, unsub).toBeObservable(expected, { a: 0, b: 1 });
        m.flush();

        expect(log).toStrictEqual(['250 stopped', '250 release x']);
      }),
    );
  }

  it(
    'is stopped in a synchronous take before the release is sent',
    marbles((m) => {
      const { log, note, backend } = watched(m);
      const work = (): Observable<number> =>
        new Observable((sink) => {
          sink.next(1);
          return () => {
            note('stopped');
          };
        });
      const expected = '(a|)';

      const result$ = usingLock(createLocksIn(m)(backend).lock$('x', '10s'), work).pipe(take(1));
      m.expect(result$).toBeObservable(expected, { a: 1 });
      m.flush();

      expect(log).toStrictEqual(['0 stopped', '0 release x']);
    }),
  );
});

describe('withLock, on the memory backend', () => {
  it(
    'lets the next contender in when the source has completed',
    marbles((m) => {
      const { log, backend } = watched(m);
      const locks = createLocksIn(m)(backend);
      const source = m.cold('10ms 1 9ms |');
      const sourceSub1 = '   ^ 19ms !';
      const sourceSub2 = '   20ms ^ 19ms !';
      const first = '        10ms 1 9ms |';
      const second = '       30ms 1 9ms |';

      m.expect(source.pipe(withLock(locks.lock$('x', '10s')))).toBeObservable(first);
      m.expect(source.pipe(withLock(locks.lock$('x', '10s')))).toBeObservable(second);
      m.expect(source).toHaveSubscriptions([sourceSub1, sourceSub2]);
      m.flush();

      expect(log).toStrictEqual(['20 release x', '40 release x']);
    }),
  );

  it(
    'releases after the drain only, and renews until then',
    marbles((m) => {
      const { log, note, backend } = watched(m);
      const locks = createLocksIn(m)(backend);
      const source = m.cold('500ms (1|)');
      const sourceSub = '    ^ 499ms !';
      const drain = m.cold(' 2s |');
      const drainSub = '     500ms ^ 1999ms !';
      const expected = '     500ms 1 1999ms |';

      const result$ = source.pipe(
        stopping(note),
        withLock(locks.lock$('x', '2s'), { drain: () => drain, drainTimeout: '5s' }),
      );
      m.expect(result$).toBeObservable(expected);
      m.expect(source).toHaveSubscriptions(sourceSub);
      m.expect(drain).toHaveSubscriptions(drainSub);
      m.flush();

      expect(log).toStrictEqual([
        '500 stopped',
        '600 renew x',
        '1200 renew x',
        '1800 renew x',
        '2400 renew x',
        '2500 release x',
      ]);
    }),
  );

  it(
    'renews a lock that drains after an unsubscription, for longer than its ttl',
    marbles((m) => {
      const { log, note, backend } = watched(m);
      const locks = createLocksIn(m)(backend);
      const drain = m.cold('5s |');
      const drainSub = '    150ms ^ 4999ms !';
      const unsub = '       ^ 149ms !';
      const expected = '    100ms a';
      const late = '        200ms ^';
      const lateSees = '    5150ms (a|)';

      const result$ = interval(100).pipe(
        stopping(note),
        withLock(locks.lock$('x', '2s'), { drain: () => drain, drainTimeout: '10s' }),
      );
      m.expect(result$, unsub).toBeObservable(expected, { a: 0 });
      // Another contender gets it when the drain is over.
      const other$ = locks.lock$('x', '2s').pipe(
        ofLockEvent('acquired'),
        take(1),
        map(({ type }) => type),
      );
      m.expect(other$, late).toBeObservable(lateSees, { a: 'acquired' });
      m.expect(drain).toHaveSubscriptions(drainSub);
      m.flush();

      expect(log[0]).toBe('150 stopped');
      expect(log.filter((line) => line.includes('renew'))).toHaveLength(8);
      expect(log).toContain('5150 release x');
    }),
  );

  it(
    'abandons a drain that takes too long: the lock runs out',
    marbles((m) => {
      const { log, backend } = watched(m);
      const locks = createLocksIn(m)(backend);
      const failures: unknown[] = [];
      locks.events$.pipe(ofLockEvent('drain-error')).subscribe(({ error }) => failures.push(error));
      const source = m.cold('100ms |');
      const sourceSub = '    ^ 99ms !';
      const drain = m.cold(' 60s |');
      const drainSub = '     100ms ^ 999ms !';
      const expected = '     1100ms |';
      const late = '         200ms ^';
      const lateSees = '     10s (a|)';

      const result$ = source.pipe(withLock(locks.lock$('x', '10s'), { drain: () => drain, drainTimeout: '1s' }));
      m.expect(result$).toBeObservable(expected);
      // It was granted at 0 and never renewed; the service keeps it for the whole ttl.
      const other$ = locks.lock$('x', '10s').pipe(
        ofLockEvent('acquired'),
        take(1),
        map(({ type }) => type),
      );
      m.expect(other$, late).toBeObservable(lateSees, { a: 'acquired' });
      m.expect(source).toHaveSubscriptions(sourceSub);
      m.expect(drain).toHaveSubscriptions(drainSub);
      m.flush();

      expect(failures).toStrictEqual([expect.any(LockTimeoutError)]);
      expect(log).toStrictEqual(['10000 release x']);
    }),
  );

  it(
    'drains under the lock when until ends it',
    marbles((m) => {
      const { log, note, backend } = watched(m);
      const locks = createLocksIn(m)(backend);
      const lock$ = locks.lock$('x', '10s', { until: timer(250) });
      const drain = m.cold('100ms |');
      const drainSub = '    250ms ^ 99ms !';
      const expected = '    100ms a 99ms b 149ms |';

      m.expect(interval(100).pipe(stopping(note), withLock(lock$, { drain: () => drain }))).toBeObservable(expected, {
        a: 0,
        b: 1,
      });
      m.expect(drain).toHaveSubscriptions(drainSub);
      m.flush();

      expect(log).toStrictEqual(['250 stopped', '350 release x']);
    }),
  );

  it(
    'lets no value through when the clock has passed the deadline and no timer has run',
    marbles((m) => {
      const { note, log, backend } = watched(m);
      let jump = 0;
      const now = (): number => m.scheduler.now();
      const clock = { elapsed: () => now() + jump, date: now, monotonic: now };
      const locks = createLocksIn(m)(backend, { clock });
      const source = new Subject<number>();
      const seen: unknown[] = [];
      source.pipe(stopping(note), withLock(locks.lock$('x', '10s'))).subscribe({
        next: (value) => seen.push(value),
        error: (error: unknown) => seen.push(error),
      });

      source.next(1);
      jump = 7_999;
      source.next(2);
      jump = 8_000;
      source.next(3);
      source.next(4);

      expect(seen).toStrictEqual([1, 2, expect.any(LockLostError)]);
      expect(seen[2]).toMatchObject({ reason: 'expired', lockName: 'x' });
      expect(log).toStrictEqual(['0 stopped']);
    }),
  );

  it(
    'contends again after a loss where it is asked to',
    marbles((m) => {
      const { backend } = watched(m);
      const lock$ = createLocksIn(m)(backend).lock$('x', '10s');
      const source = m.cold('100ms 1 99ms 2');
      const sourceSub1 = '   ^ 149ms !';
      const sourceSub2 = '   150ms ^ 149ms !';
      const unsub = '        300ms !';
      const expected = '     100ms 1 149ms 1';
      timer(150).subscribe(() => backend.revoke?.('x').subscribe());

      m.expect(source.pipe(withLock(lock$, { onLost: 'reacquire' })), unsub).toBeObservable(expected);
      m.expect(source).toHaveSubscriptions([sourceSub1, sourceSub2]);
    }),
  );
});

describe('tryWithLock, on the memory backend', () => {
  it(
    'runs one of two, also where the lock does not wait',
    marbles((m) => {
      const { backend } = watched(m);
      const locks = createLocksIn(m)(backend);
      const source = m.cold('100ms (1|)');
      const sourceSub = '    ^ 99ms !';
      const first = '        100ms (1|)';
      const others = '       |';

      m.expect(source.pipe(tryWithLock(locks.lock$('x', '10s')))).toBeObservable(first);
      m.expect(source.pipe(tryWithLock(locks.lock$('x', '10s')))).toBeObservable(others);
      m.expect(source.pipe(tryWithLock(locks.lock$('x', '10s', { wait: false })))).toBeObservable(others);
      m.expect(source).toHaveSubscriptions(sourceSub);
    }),
  );
});

describe('lockMap, on the memory backend', () => {
  it(
    'excludes values with the same lock from each other',
    marbles((m) => {
      const { backend } = watched(m);
      const locks = createLocksIn(m)(backend);
      const source = m.cold('(aab|)');
      const sourceSub = '    (^!)';
      const work = m.cold('  10ms (1|)');
      const workSub1 = '     ^ 9ms !';
      const workSub2 = '     ^ 9ms !';
      const workSub3 = '     10ms ^ 9ms !';
      const expected = '     10ms (11) 6ms (1|)';

      m.expect(
        source.pipe(
          lockMap(
            (key) => locks.lock$(key, '10s'),
            () => work,
          ),
        ),
      ).toBeObservable(expected);
      m.expect(source).toHaveSubscriptions(sourceSub);
      m.expect(work).toHaveSubscriptions([workSub1, workSub2, workSub3]);
    }),
  );
});

describe('whileLeader, on the memory backend', () => {
  it(
    'hands leadership over when the work of the old leader has stopped and was drained',
    marbles((m) => {
      const { log, note, backend } = watched(m);
      const [first, second] = [createLocksIn(m)(backend), createLocksIn(m)(backend)];
      const drain = m.cold('100ms |');
      const drainSub1 = '   250ms ^ 99ms !';
      const drainSub2 = '   500ms ^ 99ms !';
      const firstUnsub = '  ^ 249ms !';
      const firstSees = '   100ms a 99ms b';
      const secondUnsub = ' ^ 499ms !';
      const secondSees = '  450ms a';
      const lead = (name: string) =>
        whileLeader(
          () =>
            interval(100).pipe(
              map((n) => `${name}${String(n)}`),
              finalize(() => {
                note(`${name} stopped`);
              }),
            ),
          { drain: () => drain },
        );

      m.expect(first.leader$('x', '10s').pipe(lead('a')), firstUnsub).toBeObservable(firstSees, { a: 'a0', b: 'a1' });
      m.expect(second.leader$('x', '10s').pipe(lead('b')), secondUnsub).toBeObservable(secondSees, { a: 'b0' });
      m.expect(drain).toHaveSubscriptions([drainSub1, drainSub2]);
      m.flush();

      expect(log).toStrictEqual(['250 a stopped', '350 release x', '500 b stopped', '600 release x']);
    }),
  );

  it(
    'starts again with the next term',
    marbles((m) => {
      const { backend } = watched(m);
      const locks = createLocksIn(m)(backend);
      timer(150).subscribe(() => backend.revoke?.('x').subscribe());
      const expected = '100ms 1 199ms (2|)';

      const result$ = locks.leader$('x', '10s').pipe(
        whileLeader((lease) => interval(100).pipe(map(() => String(lease.fencingToken)))),
        take(2),
      );
      // Its first pause is 50 ms.
      m.expect(result$).toBeObservable(expected);
    }),
  );
});

describe('shareLease, on the memory backend', () => {
  it(
    'holds one lock for two works, one after the other and both at once',
    marbles((m) => {
      const { log, backend } = watched(m);
      const grants: string[] = [];
      const lock$ = createLocksIn(m)(backend)
        .lock$('x', '10s')
        .pipe(tapLock({ acquired: ({ lease }) => grants.push(String(lease.fencingToken)) }), shareLease());
      const one = m.cold('100ms |');
      const oneSub = '    ^ 99ms !';
      const two = m.cold('100ms |');
      const twoSub = '    50ms ^ 99ms !';
      const oneResult = ' 100ms |';
      const late = '      50ms ^';
      const twoResult = ' 150ms |';

      m.expect(one.pipe(withLock(lock$))).toBeObservable(oneResult);
      m.expect(two.pipe(withLock(lock$)), late).toBeObservable(twoResult);
      m.expect(one).toHaveSubscriptions(oneSub);
      m.expect(two).toHaveSubscriptions(twoSub);
      m.flush();

      expect(grants).toStrictEqual(['1']);
      expect(log).toStrictEqual(['150 release x']);
    }),
  );
});
