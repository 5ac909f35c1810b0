import { take } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { memory } from '../src/backends/memory/memory.js';
import { createLocks } from '../src/locks/create-locks.js';
import { lock$, setDefaultLocks } from '../src/default-locks.js';
import { LockConfigError, LockValidationError } from '../src/contract/errors.js';
import type { LockEvent } from '../src/contract/lease.js';

const SLOT = Symbol.for('rxlock.default-locks');
const slot = globalThis as { [SLOT]?: unknown };

const emitWarning = vi.spyOn(process, 'emitWarning');

beforeEach(() => {
  emitWarning.mockReset();
  emitWarning.mockImplementation(() => undefined);
  vi.stubEnv('NODE_ENV', 'test');
  slot[SLOT] = undefined;
});

afterEach(() => {
  vi.unstubAllEnvs();
  slot[SLOT] = undefined;
});

/** What has been said so far, but for the warnings of a lock that waits for itself. */
const warnings = (): unknown[] =>
  emitWarning.mock.calls.map((call) => (call as unknown[])[2]).filter((code) => code !== 'RXLOCK_SELF');

function types(stream$ = lock$('a', '30s')): LockEvent['type'][] {
  const seen: LockEvent['type'][] = [];
  stream$.pipe(take(1)).subscribe(({ type }) => seen.push(type));
  return seen;
}

describe('the top-level lock$', () => {
  it('is on the embedded backend, which it warns of once', () => {
    expect(types()).toEqual(['acquired']);
    expect(types(lock$('b', '30s'))).toEqual(['acquired']);
    expect(warnings()).toEqual(['RXLOCK_EMBEDDED']);
    expect(emitWarning.mock.calls[0]![0]).toMatch(/excludes nobody outside this process/);
  });

  it('excludes within the process', () => {
    const holding = lock$('a', '30s').subscribe();
    expect(types()).toEqual(['waiting']);
    holding.unsubscribe();
  });

  it('is on the Locks that was set, without a warning', async () => {
    const locks = createLocks(memory());
    setDefaultLocks(locks);
    const holding = lock$('a', '30s').subscribe();
    expect((await locks.status('a')).status).toBe('held');
    expect(warnings()).toEqual([]);
    holding.unsubscribe();
    await locks.close();
  });

  it('follows the choice at each call', async () => {
    const [one, two] = [createLocks(memory()), createLocks(memory())];
    setDefaultLocks(one);
    const first$ = lock$('a', '30s');
    setDefaultLocks(two);
    const subscriptions = [first$.subscribe(), lock$('b', '30s').subscribe()];
    expect((await one.list()).map(({ name }) => name)).toEqual(['a']);
    expect((await two.list()).map(({ name }) => name)).toEqual(['b']);
    for (const subscription of subscriptions) subscription.unsubscribe();
    await Promise.all([one.close(), two.close()]);
  });

  it('is on the embedded backend again when the choice is taken back', async () => {
    const locks = createLocks(memory());
    setDefaultLocks(locks);
    setDefaultLocks(undefined);
    expect(types()).toEqual(['acquired']);
    expect(warnings()).toEqual(['RXLOCK_EMBEDDED']);
    // What was set stays open.
    await locks.ping();
    await locks.close();
  });

  it('refuses the embedded backend in production, at the call', () => {
    vi.stubEnv('NODE_ENV', 'production');
    expect(() => lock$('a', '30s')).toThrow(LockConfigError);
    expect(() => lock$('a', '30s')).toThrow(/setDefaultLocks/);
    expect(warnings()).toEqual([]);
  });

  it('takes what was set in production', () => {
    vi.stubEnv('NODE_ENV', 'production');
    setDefaultLocks(createLocks(memory()));
    expect(types()).toEqual(['acquired']);
  });

  it('throws bad arguments at the call', () => {
    expect(() => lock$('', '30s')).toThrow(LockValidationError);
    expect(() => lock$('a', 30)).toThrow(/write '30s'/);
    expect(() => lock$('a', '30s', { wait: 'soon' })).toThrow(LockValidationError);
  });
});

describe('the slot of the default Locks', () => {
  it('is one for all copies of the package in a process, such as the ESM and CJS builds', async () => {
    vi.resetModules();
    const copy = (await import('../src/default-locks.js')) as { lock$: typeof lock$ };
    expect(copy.lock$).not.toBe(lock$);
    const holding = lock$('a', '30s').subscribe();
    expect(types(copy.lock$('a', '30s'))).toEqual(['waiting']);
    expect(warnings()).toEqual(['RXLOCK_EMBEDDED']);
    holding.unsubscribe();
    const locks = createLocks(memory());
    setDefaultLocks(locks);
    const other = copy.lock$('b', '30s').subscribe();
    expect((await locks.status('b')).status).toBe('held');
    other.unsubscribe();
    await locks.close();
  });
});
