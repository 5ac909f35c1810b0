import { readFile } from 'node:fs/promises';
import { asyncScheduler, filter, lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { schedulerClock } from '../../src/values/scheduler-clock.js';
import { LockConfigError } from '../../src/contract/errors.js';
import { createLocks } from '../../src/locks/create-locks.js';
import type { AcquireRequest, AcquireSignal, Grant } from '../../src/contract/backend.js';
import type { Runtime } from '../../src/contract/time.js';
import {
  lockEvent,
  marblesFor,
  SCRIPT_SYMBOLS,
  scripted,
  toMarbles,
  type MarbleHelpers,
} from '../../src/testing/index.js';

const marbles = marblesFor(expect);

/** A raw attempt, and the grants that came too late for it. */
function attempt(name: string, strays: Grant[] = []): AcquireRequest {
  return { name, ttl: 10_000, wait: true, holder: 'me', stray: (grant) => strays.push(grant) };
}

function open(backend: ReturnType<typeof scripted>, { scheduler }: MarbleHelpers): Runtime {
  const runtime = { scheduler, clock: schedulerClock(scheduler), random: () => 0 };
  backend.open?.(runtime);
  return runtime;
}

describe('scripted', () => {
  it(
    'grants at once by default, counted from the call',
    marbles((helpers) => {
      const backend = scripted();
      open(backend, helpers);
      const grant = { name: 'a', fencingToken: 1n, holder: 'me', metadata: undefined };
      const granted: AcquireSignal = { type: 'granted', grant, bounds: [{ sentAt: 3, ttl: 10_000 }] };
      helpers.expectObservable(backend.acquire(attempt('a')), '---^').toBe('---(g|)', { g: granted });
    }),
  );

  it(
    'counts a grant from the call, and one from a queue from the last time that it was queued',
    marbles((helpers) => {
      const backend = scripted({ acquire: ['--g', '2-1---g', '20ms c'], holder: 'other' });
      open(backend, helpers);
      const grant = (fencingToken: bigint): Grant => ({ name: 'a', fencingToken, holder: 'me', metadata: undefined });
      const granted = (sentAt: number, token: bigint, more: object = {}): object => ({
        type: 'granted',
        grant: grant(token),
        bounds: [{ sentAt, ttl: 10_000 }],
        ...more,
      });
      const queued = (position: number): object => ({ type: 'queued', position, holder: 'other' });
      helpers.expectObservable(backend.acquire(attempt('a')), '-^').toBe('---(g|)', { g: granted(1, 1n) });
      helpers
        .expectObservable(backend.acquire(attempt('a')), '---^')
        .toBe('---2-1---(g|)', { 2: queued(2), 1: queued(1), g: granted(5, 2n) });
      helpers
        .expectObservable(backend.acquire(attempt('a')), '------^')
        .toBe('26ms (g|)', { g: granted(6, 3n, { confirm: true }) });
    }),
  );

  it(
    'refuses, fails, and keeps silent',
    marbles((helpers) => {
      const backend = scripted({
        acquire: ['h', '-w', 'n', 't', 'l', '#', '', '-|'],
        holder: 'other',
        error: new Error('mine'),
      });
      open(backend, helpers);
      const { expectObservable } = helpers;
      const next = () => expectObservable(backend.acquire(attempt('a')), '^---------!');
      next().toBe('(h|)', { h: { type: 'held', holder: 'other' } });
      next().toBe('-(w|)', { w: { type: 'held', holder: 'other', retryAfter: 1000, binding: true } });
      next().toBe('#', {}, { name: 'LockNetworkError', message: 'the scripted service is out of reach' });
      next().toBe('#', {}, { name: 'LockAuthenticationError', message: 'the scripted service refuses the token' });
      next().toBe('#', {}, { name: 'LockCapacityError', message: 'the scripted service is full' });
      next().toBe('#', {}, new Error('mine'));
      next().toBe('-');
      next().toBe('-|');
    }),
  );

  it(
    'hands a grant to `stray` if its attempt was left, and none if it had been queued',
    marbles((helpers) => {
      const backend = scripted({ acquire: ['---g', 'q--g', 'g'] });
      open(backend, helpers);
      const strays: Grant[] = [];
      for (let i = 0; i < 2; i++) {
        const subscription = backend.acquire(attempt('a', strays)).subscribe();
        helpers.scheduler.schedule(() => subscription.unsubscribe(), 1);
      }
      backend.acquire(attempt('a', strays)).subscribe();
      helpers.flush();
      expect(strays.map(({ fencingToken }) => fencingToken)).toEqual([2n]);
      expect(backend.calls).toEqual([
        { type: 'acquire', at: 0, name: 'a' },
        { type: 'acquire', at: 0, name: 'a' },
        { type: 'acquire', at: 0, name: 'a' },
        { type: 'leave', at: 1, name: 'a' },
        { type: 'leave', at: 1, name: 'a' },
        { type: 'stray', at: 3, name: 'a' },
      ]);
    }),
  );

  it(
    'tells the life of a lock',
    marbles(({ createLocks, expectObservable, flush }) => {
      const backend = scripted({ acquire: ['--h', '--g'], renew: ['--r', '--n', '--x'] });
      const events$ = createLocks(backend).lock$('a', '10s').pipe(toMarbles());
      // Asked at 0 and 52; granted at 54; renewals are sent at 3052, and at 6052, which fails, and a little later.
      expectObservable(events$).toBe('--w 51ms a 2999ms r 2999ms u 389ms (l|)');
      flush();
      expect(backend.calls).toEqual([
        { type: 'acquire', at: 0, name: 'a' },
        { type: 'acquire', at: 52, name: 'a' },
        { type: 'renew', at: 3052, name: 'a' },
        { type: 'renew', at: 6052, name: 'a' },
        { type: 'renew', at: 6442, name: 'a' },
      ]);
    }),
  );

  it(
    'tells when it was asked to release',
    marbles(({ createLocks, expectObservable, flush }) => {
      const backend = scripted({ acquire: '20ms g', release: '5ms d' });
      const locks = createLocks(backend);
      expectObservable(locks.lock$('a', '10s'), '^ 119ms !').toBe('20ms a', {
        a: lockEvent('acquired', { fencingToken: 1n }),
      });
      expectObservable(locks.events$.pipe(toMarbles())).toBe('20ms a 99ms d----s');
      flush();
      expect(backend.callsOf('release')).toEqual([{ type: 'release', at: 120, name: 'a' }]);
    }),
  );

  it(
    'loses a lock without answers at its deadline, and takes a late answer for what it is worth',
    marbles(({ createLocks, expectObservable }) => {
      const silent = createLocks(scripted({ renew: '' }));
      expectObservable(silent.lock$('a', '10s').pipe(toMarbles())).toBe('a 4554ms u 1554ms u 1554ms u 334ms (l|)');
      // The first renewal, sent at 3000, is answered at 7000: good until 3000 + 8000.
      const late = createLocks(scripted({ renew: ['4s r', ''] }));
      const certain$ = late.lock$('a', '10s').pipe(filter(({ type }) => type !== 'uncertain'));
      expectObservable(certain$.pipe(toMarbles())).toBe('a 6999ms r 3999ms (l|)');
    }),
  );

  it(
    'takes away what is held',
    marbles(({ createLocks, expectObservable }) => {
      for (const [symbol, reason] of Object.entries({
        v: 'revoked',
        s: 'session',
        k: 'connection',
        x: 'refused',
      } as const)) {
        const locks = createLocks(scripted({ revoked: `---${symbol}` }));
        const values = { a: lockEvent('acquired'), l: lockEvent('lost', { reason }) };
        expectObservable(locks.lock$('a', '10s')).toBe('a--(l|)', values);
      }
    }),
  );

  it(
    'wakes waiters through its watch',
    marbles(({ createLocks, expectObservable }) => {
      const backend = scripted({ acquire: ['h', 'g'], watch: 'h----f' });
      const retry = { initial: '1s', max: '1s' } as const;
      expectObservable(createLocks(backend).lock$('a', '10s', { retry }).pipe(toMarbles()), '^-----!').toBe('w----a');
    }),
  );

  it(
    'has scripts by name, for batches too',
    marbles(({ createLocks, expectObservable, flush }) => {
      const backend = scripted({ acquire: { a: 'g', b: '-g' }, renew: { b: 'x', '*': 'r' } });
      const locks = createLocks(backend);
      expectObservable(locks.lock$('a', '10s').pipe(toMarbles()), '^ 3s -!').toBe('a 2999ms r');
      expectObservable(locks.lock$('b', '10s').pipe(toMarbles())).toBe('-a 2998ms (l|)');
      flush();
      expect(backend.callsOf('renew')).toEqual([
        { type: 'renew', at: 3000, name: 'a', of: 2 },
        { type: 'renew', at: 3000, name: 'b', of: 2 },
      ]);
    }),
  );

  it(
    'answers about the status from a script, or truly',
    marbles((helpers) => {
      const { expectObservable } = helpers;
      const backend = scripted({ status: ['h', '-f', 'n'] });
      open(backend, helpers);
      const status = (one: ReturnType<typeof scripted>) => one.status('a');
      const seen = (status: string): unknown => expect.objectContaining({ name: 'a', status });
      expectObservable(status(backend)).toBe('(h|)', { h: seen('held') });
      expectObservable(status(backend)).toBe('-(f|)', { f: seen('free') });
      expectObservable(status(backend)).toBe(
        '#',
        {},
        { name: 'LockNetworkError', message: 'the scripted service is out of reach' },
      );
      const truthful = scripted();
      open(truthful, helpers);
      truthful.acquire(attempt('a')).subscribe();
      expectObservable(status(truthful)).toBe('(h|)', {
        h: expect.objectContaining({ status: 'held', fencingToken: 1n }),
      });
    }),
  );

  it('has tokens where the features say so, by type too', async () => {
    const without = scripted({ features: { fencing: false } });
    const none: false = without.features.fencing;
    const some: true = scripted({ firstToken: 7n }).features.fencing;
    expect([none, some]).toEqual([false, true]);
    without.open?.({ scheduler: asyncScheduler, clock: schedulerClock(asyncScheduler), random: () => 0 });
    const [signal] = await lastValueFrom(without.acquire(attempt('a')).pipe(toArray()));
    expect(signal).toMatchObject({ type: 'granted', grant: { name: 'a', fencingToken: undefined } });
  });

  it('errors what is pending when it is closed, and what comes after', async () => {
    const backend = scripted({ acquire: '' });
    backend.open?.({ scheduler: asyncScheduler, clock: schedulerClock(asyncScheduler), random: () => 0 });
    const errors: unknown[] = [];
    const error = (one: unknown): number => errors.push(one);
    backend.acquire(attempt('a')).subscribe({ error });
    await backend.close();
    await backend.close();
    backend.acquire(attempt('a')).subscribe({ error });
    expect(errors).toMatchObject([{ code: 'ERR_LOCK_CLOSED' }, { code: 'ERR_LOCK_CLOSED' }]);
    expect(backend.callsOf('close')).toHaveLength(1);
  });

  it('takes a lock away when it is revoked, and no other', async () => {
    const locks = createLocks(scripted());
    const [a, b] = [await locks.acquire('a', '10s'), await locks.acquire('b', '10s')];
    await locks.revoke('a');
    expect([a.isHeld, b.isHeld]).toEqual([false, true]);
    await locks.close();
  });

  it('refuses a letter without a meaning, and an unopened use', () => {
    expect(() => scripted({ acquire: ['g', '--y'] })).toThrow(LockConfigError);
    expect(() => scripted({ renew: 'g' })).toThrow(
      /'g' in the renew script 'g' means nothing; there are: r x u n t # \|/,
    );
    expect(() => scripted({ revoked: '|' })).toThrow(LockConfigError);
    const errors: unknown[] = [];
    scripted()
      .acquire(attempt('a'))
      .subscribe({ error: (one: unknown) => errors.push(one) });
    expect(errors).toMatchObject([{ code: 'ERR_LOCK_CONFIG' }]);
  });

  it('refuses to be opened with another clock', () => {
    const backend = scripted();
    const clock = { elapsed: () => 0, date: () => 0, monotonic: () => 0 };
    backend.open?.({ scheduler: asyncScheduler, clock, random: () => 0 });
    backend.open?.({ scheduler: asyncScheduler, clock, random: () => 0 });
    const other = { ...clock, elapsed: () => 5 };
    expect(() => backend.open?.({ scheduler: asyncScheduler, clock: other, random: () => 0 })).toThrow(LockConfigError);
  });

  it('has all its letters in the documentation', async () => {
    const file = await readFile(new URL('../../docs/testing.md', import.meta.url), 'utf8');
    const page = file.slice(file.indexOf('## What the service does'));
    const row = (letter: string): string => {
      const shown = letter === '1-9' ? '`1` … `9`' : letter === '|' ? '`\\|`' : `\`${letter}\``;
      return page.split('\n').find((line) => line.startsWith(`| ${shown} `)) ?? '';
    };
    const columns = ['acquire', 'renew', 'release', 'status', 'revoked'] as const;
    const missing = columns.flatMap((kind, column) =>
      Object.keys(SCRIPT_SYMBOLS[kind]).filter(
        (letter) => (row(letter).replaceAll('\\|', '').split('|')[column + 2] ?? '').trim() === '',
      ),
    );
    expect(missing).toEqual([]);
  });
});
