import { asyncScheduler, Subject, takeUntil, timer } from 'rxjs';
import { TestScheduler, type RunHelpers } from 'rxjs/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { usingLock } from '../../operators/using-lock.js';
import { memory } from '../../src/backends/memory/memory.js';
import { createLocks } from '../../src/locks/create-locks.js';
import type { Locks } from '../../src/contract/locks.js';
import { ManualBackend } from '../support/manual-backend.js';
import { setup } from '../support/virtual.js';

function run(work: (helpers: RunHelpers) => void): void {
  new TestScheduler((actual, expected) => {
    expect(actual).toEqual(expected);
  }).run(work);
}

/** A run in which something throws after a while. */
function failing(work: () => void): void {
  expect(() => {
    run(() => {
      work();
      asyncScheduler.schedule(() => {
        throw new Error('mine');
      }, 100);
    });
  }).toThrow('mine');
}

describe("real locks within a TestScheduler's run", () => {
  let backend: ManualBackend;
  let locks: Locks;
  let start: number;
  let log: string[];

  beforeEach(() => {
    vi.useFakeTimers();
    backend = new ManualBackend();
    backend.onAcquire = (call) => call.grant();
    locks = createLocks(backend, { random: () => 0 });
    start = Date.now();
    log = [];
  });
  afterEach(async () => {
    const closed = locks.close();
    await vi.advanceTimersByTimeAsync(20_000);
    await closed;
    vi.useRealTimers();
  });

  const note = (what: string): void => void log.push(`${String(Date.now() - start)} ${what}`);
  const take = (name: string, ttl: `${number}s`): void => {
    locks.lock$(name, ttl).subscribe(({ type }) => {
      note(`${name} ${type}`);
    });
  };

  it('are renewed, and lost, in real time after it', async () => {
    run(() => {
      take('a', '10s');
      asyncScheduler.schedule(() => {
        take('b', '10s');
      }, 60_000);
    });
    expect(log).toEqual(['0 a acquired', '0 b acquired']);
    await vi.advanceTimersByTimeAsync(3400);
    expect(backend.renewals).toHaveLength(1);
    expect(backend.renewals[0]?.args.grants.map(({ name }) => name)).toEqual(['a', 'b']);
    await vi.advanceTimersByTimeAsync(4600);
    expect(log).toContain('8000 a lost');
    expect(log).toContain('8000 b lost');
  });

  it('are believed in no longer, and no shorter, by what passes in it', async () => {
    take('a', '10s');
    await vi.advanceTimersByTimeAsync(1000);
    run(() => {
      asyncScheduler.schedule(() => undefined, 3_600_000);
    });
    expect(log).toEqual(['0 a acquired']);
    await vi.advanceTimersByTimeAsync(7000);
    expect(log.at(-1)).toBe('8000 a lost');
  });

  it('are watched and given back whatever it throws', async () => {
    take('before', '2s');
    failing(() => {
      take('in it', '1s');
      locks.lock$('left', '10s').subscribe().unsubscribe();
    });
    take('after', '1s');
    await vi.advanceTimersByTimeAsync(2000);
    expect(log.filter((line) => line.endsWith('lost'))).toEqual([
      '800 in it lost',
      '800 after lost',
      '1600 before lost',
    ]);
    expect(backend.releases[0]?.args.grants.map(({ name }) => name)).toEqual(['left']);
  });

  it('bound their work in real time', async () => {
    const stop$ = new Subject<void>();
    run(() => {
      usingLock(locks.lock$('a', '10s'), () => new Promise(() => undefined), { drainTimeout: '5s' })
        .pipe(takeUntil(stop$))
        .subscribe();
      asyncScheduler.schedule(() => {
        stop$.next();
      }, 50);
    });
    await vi.advanceTimersByTimeAsync(4900);
    // Renewed until then, and not after it.
    expect(backend.renewals.length).toBeGreaterThan(0);
    await vi.advanceTimersByTimeAsync(200);
    const { length } = backend.renewals;
    await vi.advanceTimersByTimeAsync(2000);
    expect(backend.renewals).toHaveLength(length);
  });
});

describe("locks that are made in a TestScheduler's run", () => {
  it('live in its time', () => {
    run(({ expectObservable, cold }) => {
      const backend = memory();
      const [one, two] = [createLocks(backend, { random: () => 0 }), createLocks(backend, { random: () => 0 })];
      const held$ = one.lock$('a', '10s', { maxHold: '1m' });
      const types = (source$: typeof held$) => source$.pipe(takeUntil(timer(61_000)));
      const seen: string[] = [];
      types(held$).subscribe(({ type, at }) => seen.push(`${String(at)} ${type}`));
      two.lock$('a', '10s', { until: cold('62s x') }).subscribe(({ type, at }) => seen.push(`${String(at)} ${type}`));
      expectObservable(timer(62_001)).toBe('62001ms (x|)', { x: 0 });
      asyncScheduler.schedule(() => {
        expect(seen.filter((line) => !line.endsWith('renewed'))).toEqual([
          '0 acquired',
          '0 waiting',
          '60000 released',
          '60000 acquired',
        ]);
      }, 61_000);
    });
  });

  it('can be used in the next run, where their time goes on', () => {
    let locks!: Locks;
    const backend = new ManualBackend();
    backend.onAcquire = (call) => call.grant();
    const log: string[] = [];
    const take = (): void => {
      const told$ = locks.lock$('a', '10s', { renew: false });
      told$.subscribe(({ type }) => log.push(`${String(asyncScheduler.now())} ${type}`));
    };
    run(() => {
      locks = createLocks(backend, { random: () => 0 });
      take();
    });
    run(take);
    expect(log).toEqual(['0 acquired', '8000 lost', '0 acquired', '8000 lost']);
  });

  it('believe in nothing that they had when it is over', () => {
    let locks!: Locks;
    let isHeld!: () => boolean;
    const backend = new ManualBackend();
    backend.onAcquire = (call) => call.grant();
    const log: string[] = [];
    failing(() => {
      locks = createLocks(backend, { random: () => 0 });
      locks.lock$('a', '10s').subscribe(({ type, ...event }) => {
        log.push(type);
        if (type === 'acquired') isHeld = () => (event as { lease: { isHeld: boolean } }).lease.isHeld;
      });
    });

    expect(isHeld()).toBe(false);
    expect(log).toEqual(['acquired', 'lost']);
  });
});

it('a lock is watched though its scheduler gave up the timer with all that was planned, once anything goes on', () => {
  const { backend, locks, time } = setup();
  backend.onAcquire = (call) => call.grant();
  const log: string[] = [];
  locks.lock$('a', '10s').subscribe(({ type }) => log.push(`${String(time.now())} ${type}`));
  time.schedule(() => {
    throw new Error('mine');
  }, 500);
  expect(() => {
    time.advance(500);
  }).toThrow('mine');
  locks.lock$('b', '10s').subscribe();
  time.advance(8000);
  expect(log.at(-1)).toBe('8000 lost');
});
