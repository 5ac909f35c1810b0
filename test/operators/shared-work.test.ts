import { defer, lastValueFrom, NEVER, Subject, type Observable, type Subscription } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { shareLease, tapLock, usingLock, whileLeader } from '../../operators/index.js';
import type { Lease, LockEvent, LocksEvent } from '../../src/contract/lease.js';
import { record, type setup, granting, settle } from '../support/virtual.js';

/** Work that does not stop before the test says so. */
function stubborn() {
  let finish: () => void = () => undefined;
  const seen: Lease<unknown>[] = [];
  return {
    seen,
    work: (lease: Lease<unknown>): Promise<void> => {
      seen.push(lease);
      return new Promise((resolve) => (finish = resolve));
    },
    finish: () => {
      finish();
    },
  };
}

/** Two works under one lease. */
const ways: Record<
  string,
  (locks: ReturnType<typeof setup>['locks']) => (work: (lease: Lease<unknown>) => unknown) => Subscription
> = {
  'shareLease()': (locks) => {
    const shared$ = locks.lock$('a', '10s').pipe(shareLease());
    return (work) => usingLock(shared$, work as () => Promise<void>, { onLost: 'complete' }).subscribe();
  },
  leader$: (locks) => {
    const leader$ = locks.leader$('a', '10s');
    return (work) => leader$.pipe(whileLeader(work as () => Promise<void>)).subscribe();
  },
};

describe.each(Object.entries(ways))('works under one lease of %s', (_, under) => {
  it('have a signal each, which aborts when that work is to stop', () => {
    const { locks } = granting();
    const run = under(locks);
    const leases: Lease<unknown>[] = [];
    const [first, second] = [0, 1].map(() =>
      run((lease) => {
        leases.push(lease);
        expect(lease.signal.aborted).toBe(false);
        return NEVER;
      }),
    );
    first!.unsubscribe();
    expect(leases.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    expect(leases[0]!.signal).toBe(leases[0]!.signal);
    expect(leases[0]!.signal.reason).toMatchObject({ name: 'AbortError' });
    second!.unsubscribe();
    expect(leases[1]!.signal.aborted).toBe(true);
  });

  it('see the loss as the reason', () => {
    const { backend, locks, time } = granting();
    let lease: Lease<unknown> | undefined;
    under(locks)((given) => {
      lease ??= given;
      expect(given.signal.aborted).toBe(false);
      return NEVER;
    });
    backend.onRenew = (call) => {
      call.refuse();
    };
    time.advance(4000);
    expect(lease!.signal.reason).toMatchObject({ name: 'LockLostError', reason: 'refused' });
  });

  it('are renewed for whoever is left when one of them does not stop', async () => {
    const { backend, locks, time } = granting();
    const told: LocksEvent[] = [];
    locks.events$.subscribe((event) => told.push(event));
    const run = under(locks);
    const stuck = stubborn();
    const first = run(stuck.work);
    let lease: Lease<unknown> | undefined;
    const second = run((given) => {
      lease = given;
      return NEVER;
    });
    first.unsubscribe();
    time.advance(100_000);
    expect(told.filter(({ type }) => type === 'drain-error')).toHaveLength(1);
    expect(lease!.isHeld).toBe(true);

    // Now only the stuck one is left: it runs out.
    second.unsubscribe();
    const renewals = backend.renewals.length;
    expect(lease!.isHeld).toBe(true);
    time.advance(8000);
    expect(lease!.isHeld).toBe(false);
    expect([backend.renewals.length - renewals, backend.releases.length]).toEqual([0, 0]);
    stuck.finish();
    await settle(time);
  });

  it('give the lock back where the one that did not stop has done so after all', async () => {
    const { backend, locks, time } = granting();
    const run = under(locks);
    const stuck = stubborn();
    const first = run(stuck.work);
    const second = run(() => NEVER);
    first.unsubscribe();
    time.advance(60_000);
    stuck.finish();
    await settle(time);
    second.unsubscribe();
    time.turn();
    expect(backend.releases).toHaveLength(1);
  });
});

type Scene = ReturnType<typeof granting>;

describe('shareLease', () => {
  it('has the lock taken again for those who want it, and ends for the others as the lock says', () => {
    for (const onLost of ['complete', 'error', 'reacquire'] as const) {
      const { backend, locks, time } = granting();
      const shared$ = locks.lock$('a', '10s', { onLost }).pipe(shareLease());
      const plain = record<LockEvent>(time);
      shared$.subscribe(plain.observer);
      let runs = 0;
      usingLock(shared$, () => (runs++, NEVER), { onLost: 'reacquire' }).subscribe();
      backend.onRenew = undefined;
      time.advance(9000);
      expect(runs).toBe(2);
      const end = { complete: 'complete', error: 'LockLostError', reacquire: 'acquired' }[onLost];
      expect(plain.log.filter((line) => !line.endsWith('uncertain'))).toEqual([
        '0 acquired',
        '8000 lost',
        `8000 ${end}`,
      ]);
    }
  });

  it('contends no more when the one who wanted that has left', () => {
    const { backend, locks, time } = granting();
    const shared$ = locks.lock$('a', '10s').pipe(shareLease());
    const plain = record<LockEvent>(time);
    shared$.subscribe(plain.observer);
    usingLock(shared$, () => NEVER, { onLost: 'reacquire' })
      .subscribe()
      .unsubscribe();
    backend.onRenew = undefined;
    time.advance(60_000);
    expect(plain.log.at(-1)).toBe('8000 complete');
    expect(backend.acquired).toHaveLength(1);
  });

  it('ends for the others also where the one who wanted that leaves while the loss is told', () => {
    const { locks, time } = granting();
    const shared$ = locks.lock$('a', '10s').pipe(shareLease());
    const plain = record<LockEvent>(time);
    shared$.subscribe(plain.observer);
    // By the time that the work fails, the lock is to be taken again.
    const work = (lease: Lease<unknown>): never => {
      time.frame += 9000;
      expect(lease.isHeld).toBe(false);
      throw new Error('work');
    };
    const failed = record(time);
    usingLock(shared$, work, { onLost: 'reacquire' }).subscribe(failed.observer);
    time.advance(1);
    expect(failed.log).toEqual(['9000 Error']);
    expect(plain.log).toEqual(['0 acquired', '9000 lost', '9000 complete']);
  });

  it('knows who wanted that, also where one of them makes another leave', () => {
    const { backend, locks, time } = granting();
    const shared$ = locks.lock$('a', '10s').pipe(shareLease());
    const first = usingLock(shared$, () => NEVER, { onLost: 'reacquire' }).subscribe();
    let runs = 0;
    const second$ = defer(() => {
      if (++runs === 1) first.unsubscribe();
      return NEVER;
    });
    usingLock(shared$, () => second$, { onLost: 'reacquire' }).subscribe();
    const plain = record<LockEvent>(time);
    shared$.subscribe(plain.observer);
    backend.onRenew = undefined;
    time.advance(9000);
    expect(runs).toBe(2);
    expect(plain.log.filter((line) => !line.endsWith('uncertain'))).toEqual([
      '0 acquired',
      '8000 lost',
      '8000 complete',
    ]);
  });

  it('hears a stop after a loss that was found before the work of the one who wants the lock again knew of the lease', () => {
    const { backend, locks, time } = granting();
    const until = new Subject<void>();
    const shared$ = locks.lock$('a', '10s', { until }).pipe(shareLease());
    shared$.subscribe();
    const lost$ = shared$.pipe(
      tapLock({
        acquired: ({ lease }) => {
          time.frame += 9000;
          expect(lease.isHeld).toBe(false);
        },
      }),
    );
    const result = record(time);
    usingLock(lost$, () => NEVER, { onLost: 'reacquire' }).subscribe(result.observer);
    until.next();
    time.advance(60_000);
    expect(backend.acquired).toHaveLength(1);
    expect(result.log).toEqual(['9000 complete']);
  });

  it('hears a stop that comes while a release is told, for whoever came before it', () => {
    const lockOf = {
      lock$: (locks: Scene['locks'], until: Subject<void>) => locks.lock$('a', '10s', { until }).pipe(shareLease()),
      all$: (locks: Scene['locks'], until: Subject<void>) => locks.all$(['a'], '10s', { until }).pipe(shareLease()),
    };
    for (const sharedOf of Object.values(lockOf)) {
      const { backend, locks } = granting();
      const until = new Subject<void>();
      const shared$ = sharedOf(locks, until) as Observable<LockEvent>;
      shared$.subscribe();
      const late: string[] = [];
      shared$.subscribe((event) => {
        if (event.type !== 'acquired' || late.length > 0) return;
        shared$.subscribe({ next: ({ type }) => late.push(type), complete: () => late.push('complete') });
        void event.lease.release();
        until.next();
      });
      expect(late).toEqual(['complete']);
      expect(backend.acquired).toHaveLength(1);
    }
  });

  it('tells in order who comes late and is the first to see that the lock is lost', () => {
    const { locks, time } = granting();
    const shared$ = locks.lock$('a', '10s', { renew: false }).pipe(shareLease());
    const logs: [string, string] = ['', ''];
    shared$.subscribe(({ type }) => (logs[0] += ` ${type}`));
    time.frame = 7999;
    shared$.subscribe((event) => {
      if (event.type === 'acquired') {
        time.frame = 8000;
        expect(event.lease.isHeld).toBe(false);
      }
      logs[1] += ` ${event.type}`;
    });
    expect(logs).toEqual([' acquired lost', ' acquired lost']);
  });
});

describe('who comes late to a shared lease and loses it at once', () => {
  it('has it again in the time of its Locks', () => {
    vi.useFakeTimers();
    try {
      const { backend, locks, time } = granting();
      const shared$ = locks.lock$('a', '10s').pipe(shareLease());
      shared$.subscribe();
      let revoked = false;
      let runs = 0;
      const late$ = shared$.pipe(
        tapLock({
          acquired: ({ lease }) => {
            if (revoked) return;
            revoked = true;
            time.frame += 9000;
            expect(lease.isHeld).toBe(false);
          },
        }),
      );
      usingLock(late$, () => (runs++, NEVER), { onLost: 'reacquire' }).subscribe();
      time.advance(1);
      expect([runs, backend.acquired.length, vi.getTimerCount()]).toEqual([1, 2, 0]);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('work of an operator that gives its lock back and then throws', () => {
  it('is heard: as the error of the result, or on events$ where that has ended', async () => {
    const { locks, time } = granting();
    const told: LocksEvent[] = [];
    locks.events$.subscribe((event) => told.push(event));
    const mine = new Error('mine');
    const work = (lease: Lease<unknown>): never => {
      void lease.release();
      throw mine;
    };
    const within = lastValueFrom(usingLock(locks.lock$('a', '10s'), work), { defaultValue: 'complete' });
    await expect(within).rejects.toBe(mine);

    const term = new Subject<LockEvent>();
    let end: unknown;
    usingLock(term, work).subscribe({ error: (error: unknown) => (end = error), complete: () => (end = 'complete') });
    locks.lock$('b', '10s').subscribe({
      next: (event) => {
        // Nothing is being told of it when the work runs.
        if (event.type === 'acquired')
          time.schedule(() => {
            term.next(event);
          });
        else term.next(event);
      },
    });
    time.advance(1);
    expect([end, told.some((event) => event.type === 'drain-error' && event.error === mine)]).toEqual([
      'complete',
      true,
    ]);
  });
});
