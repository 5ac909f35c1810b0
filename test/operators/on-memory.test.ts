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
import { virtualTime, type MarbleHelpers } from '../../src/testing/virtual-time.js';
import type { LockBackend } from '../../src/contract/backend.js';

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

const inVirtualTime = (test: (helpers: MarbleHelpers) => void) => (): void => {
  virtualTime(test, expect);
};

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
      inVirtualTime((m) => {
        const { log, note, backend } = watched(m);
        const work = (): Observable<number> => interval(100).pipe(stopping(note));

        const lock$ = m.createLocks(backend).lock$('x', '10s');
        const result$ = lock$.pipe(ofLockEvent('acquired'), flatten(work));
        m.expectObservable(result$, '^ 249ms !').toBe('100ms a 99ms b', { a: 0, b: 1 });
        m.flush();

        expect(log).toStrictEqual(['250 stopped', '250 release x']);
      }),
    );
  }

  it(
    'is stopped in a synchronous take before the release is sent',
    inVirtualTime((m) => {
      const { log, note, backend } = watched(m);
      const work = (): Observable<number> =>
        new Observable((sink) => {
          sink.next(1);
          return () => {
            note('stopped');
          };
        });

      const result$ = usingLock(m.createLocks(backend).lock$('x', '10s'), work).pipe(take(1));
      m.expectObservable(result$).toBe('(a|)', { a: 1 });
      m.flush();

      expect(log).toStrictEqual(['0 stopped', '0 release x']);
    }),
  );
});

describe('withLock, on the memory backend', () => {
  it(
    'lets the next contender in when the source has completed',
    inVirtualTime((m) => {
      const { log, backend } = watched(m);
      const locks = m.createLocks(backend);
      const source = m.cold('      10ms 1 9ms |');
      const sourceSubs = ['        ^ 19ms !', '20ms ^ 19ms !'];

      m.expectObservable(source.pipe(withLock(locks.lock$('x', '10s')))).toBe('10ms 1 9ms |');
      m.expectObservable(source.pipe(withLock(locks.lock$('x', '10s')))).toBe('30ms 1 9ms |');
      m.expectSubscriptions(source.subscriptions).toBe(sourceSubs);
      m.flush();

      expect(log).toStrictEqual(['20 release x', '40 release x']);
    }),
  );

  it(
    'releases after the drain only, and renews until then',
    inVirtualTime((m) => {
      const { log, note, backend } = watched(m);
      const locks = m.createLocks(backend);
      const source = m.cold('      500ms (1|)');
      const drain = m.cold('             2s |');

      const result$ = source.pipe(
        stopping(note),
        withLock(locks.lock$('x', '2s'), { drain: () => drain, drainTimeout: '5s' }),
      );
      m.expectObservable(result$).toBe('500ms 1 1999ms |');
      m.expectSubscriptions(drain.subscriptions).toBe('500ms ^ 1999ms !');
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
    inVirtualTime((m) => {
      const { log, note, backend } = watched(m);
      const locks = m.createLocks(backend);
      const drain = m.cold('             5s |');

      const result$ = interval(100).pipe(
        stopping(note),
        withLock(locks.lock$('x', '2s'), { drain: () => drain, drainTimeout: '10s' }),
      );
      m.expectObservable(result$, '^ 149ms !').toBe('100ms a', { a: 0 });
      // Another contender gets it when the drain is over.
      const other$ = locks.lock$('x', '2s').pipe(
        ofLockEvent('acquired'),
        take(1),
        map(({ type }) => type),
      );
      m.expectObservable(other$, '200ms ^').toBe('5150ms (a|)', { a: 'acquired' });
      m.flush();

      expect(log[0]).toBe('150 stopped');
      expect(log.filter((line) => line.includes('renew'))).toHaveLength(8);
      expect(log).toContain('5150 release x');
    }),
  );

  it(
    'abandons a drain that takes too long: the lock runs out',
    inVirtualTime((m) => {
      const { log, backend } = watched(m);
      const locks = m.createLocks(backend);
      const failures: unknown[] = [];
      locks.events$.pipe(ofLockEvent('drain-error')).subscribe(({ error }) => failures.push(error));
      const source = m.cold('      100ms |');
      const drain = m.cold('             60s |');

      const result$ = source.pipe(withLock(locks.lock$('x', '10s'), { drain: () => drain, drainTimeout: '1s' }));
      m.expectObservable(result$).toBe('1100ms |');
      m.expectSubscriptions(drain.subscriptions).toBe('100ms ^ 999ms !');
      // It was granted at 0 and never renewed; the service keeps it for the whole ttl.
      const other$ = locks.lock$('x', '10s').pipe(
        ofLockEvent('acquired'),
        take(1),
        map(({ type }) => type),
      );
      m.expectObservable(other$, '200ms ^').toBe('10s (a|)', { a: 'acquired' });
      m.flush();

      expect(failures).toStrictEqual([expect.any(LockTimeoutError)]);
      expect(log).toStrictEqual(['10000 release x']);
    }),
  );

  it(
    'drains under the lock when until ends it',
    inVirtualTime((m) => {
      const { log, note, backend } = watched(m);
      const locks = m.createLocks(backend);
      const lock$ = locks.lock$('x', '10s', { until: timer(250) });

      const drain = m.cold('100ms |');
      m.expectObservable(interval(100).pipe(stopping(note), withLock(lock$, { drain: () => drain }))).toBe(
        '100ms a 99ms b 149ms |',
        { a: 0, b: 1 },
      );
      m.expectSubscriptions(drain.subscriptions).toBe('250ms ^ 99ms !');
      m.flush();

      expect(log).toStrictEqual(['250 stopped', '350 release x']);
    }),
  );

  it(
    'lets no value through when the clock has passed the deadline and no timer has run',
    inVirtualTime((m) => {
      const { note, log, backend } = watched(m);
      let jump = 0;
      const now = (): number => m.scheduler.now();
      const clock = { elapsed: () => now() + jump, date: now, monotonic: now };
      const locks = m.createLocks(backend, { clock });
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
    inVirtualTime((m) => {
      const { backend } = watched(m);
      const lock$ = m.createLocks(backend).lock$('x', '10s');
      const source = m.cold('      100ms 1 99ms 2');
      const sourceSubs = ['        ^ 149ms !', '150ms ^ 149ms !'];
      timer(150).subscribe(() => backend.revoke?.('x').subscribe());

      m.expectObservable(source.pipe(withLock(lock$, { onLost: 'reacquire' })), '300ms !').toBe('100ms 1 149ms 1');
      m.expectSubscriptions(source.subscriptions).toBe(sourceSubs);
    }),
  );
});

describe('tryWithLock, on the memory backend', () => {
  it(
    'runs one of two, also where the lock does not wait',
    inVirtualTime((m) => {
      const { backend } = watched(m);
      const locks = m.createLocks(backend);
      const source = m.cold('                                                            100ms (1|)');

      m.expectObservable(source.pipe(tryWithLock(locks.lock$('x', '10s')))).toBe('         100ms (1|)');
      m.expectObservable(source.pipe(tryWithLock(locks.lock$('x', '10s')))).toBe('         |');
      m.expectObservable(source.pipe(tryWithLock(locks.lock$('x', '10s', { wait: false })))).toBe('|');
      m.expectSubscriptions(source.subscriptions).toBe('                                   ^ 99ms !');
    }),
  );
});

describe('lockMap, on the memory backend', () => {
  it(
    'excludes values with the same lock from each other',
    inVirtualTime((m) => {
      const { backend } = watched(m);
      const locks = m.createLocks(backend);
      const source = m.cold('      (aab|)');
      const work = m.cold('        10ms (1|)');
      const workSubs = ['          ^ 9ms !', '^ 9ms !', '10ms ^ 9ms !'];

      m.expectObservable(
        source.pipe(
          lockMap(
            (key) => locks.lock$(key, '10s'),
            () => work,
          ),
        ),
      ).toBe('10ms (11) 6ms (1|)');
      m.expectSubscriptions(work.subscriptions).toBe(workSubs);
    }),
  );
});

describe('whileLeader, on the memory backend', () => {
  it(
    'hands leadership over when the work of the old leader has stopped and was drained',
    inVirtualTime((m) => {
      const { log, note, backend } = watched(m);
      const [first, second] = [m.createLocks(backend), m.createLocks(backend)];
      const drain = m.cold('100ms |');
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

      m.expectObservable(first.leader$('x', '10s').pipe(lead('a')), '^ 249ms !').toBe('100ms a 99ms b', {
        a: 'a0',
        b: 'a1',
      });
      m.expectObservable(second.leader$('x', '10s').pipe(lead('b')), '^ 499ms !').toBe('450ms a', { a: 'b0' });
      m.flush();

      expect(log).toStrictEqual(['250 a stopped', '350 release x', '500 b stopped', '600 release x']);
    }),
  );

  it(
    'starts again with the next term',
    inVirtualTime((m) => {
      const { backend } = watched(m);
      const locks = m.createLocks(backend);
      timer(150).subscribe(() => backend.revoke?.('x').subscribe());

      const result$ = locks.leader$('x', '10s').pipe(
        whileLeader((lease) => interval(100).pipe(map(() => String(lease.fencingToken)))),
        take(2),
      );
      // Its first pause is 50 ms.
      m.expectObservable(result$).toBe('100ms 1 199ms (2|)');
    }),
  );
});

describe('shareLease, on the memory backend', () => {
  it(
    'holds one lock for two works, one after the other and both at once',
    inVirtualTime((m) => {
      const { log, backend } = watched(m);
      const grants: string[] = [];
      const lock$ = m
        .createLocks(backend)
        .lock$('x', '10s')
        .pipe(tapLock({ acquired: ({ lease }) => grants.push(String(lease.fencingToken)) }), shareLease());
      const one = m.cold('          100ms |');
      const two = m.cold('               100ms |');

      m.expectObservable(one.pipe(withLock(lock$))).toBe('100ms |');
      m.expectObservable(two.pipe(withLock(lock$)), '50ms ^').toBe('150ms |');
      m.flush();

      expect(grants).toStrictEqual(['1']);
      expect(log).toStrictEqual(['150 release x']);
    }),
  );
});
