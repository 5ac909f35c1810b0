import { asyncScheduler, take } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { memory } from '../src/backends/memory/memory.js';
import { createLocks } from '../src/locks/create-locks.js';
import { lock$, setDefaultLocks } from '../src/default-locks.js';
import { LockConfigError, LockValidationError } from '../src/contract/errors.js';
import type { LockEvent } from '../src/contract/lease.js';

const SLOT = Symbol.for('rxlock.default-locks');
const EMBEDDED = Symbol.for('rxlock.embedded-locks');
const slot = globalThis as { [SLOT]?: unknown; [EMBEDDED]?: unknown };

const emitWarning = vi.spyOn(process, 'emitWarning');

beforeEach(() => {
  emitWarning.mockReset();
  emitWarning.mockImplementation(() => undefined);
  vi.stubEnv('NODE_ENV', 'test');
  slot[SLOT] = slot[EMBEDDED] = undefined;
});

afterEach(() => {
  vi.unstubAllEnvs();
  slot[SLOT] = slot[EMBEDDED] = undefined;
});

/** What has been said so far. */
const warnings = (): unknown[] => emitWarning.mock.calls.map((call) => (call as unknown[])[2]);

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
    expect(emitWarning.mock.calls[0]![0]).toMatch(/excludes nobody outside of this process/);
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

  it('follows the choice at each subscription, also when it was made before', async () => {
    const early$ = lock$('a', '30s');
    const [one, two] = [createLocks(memory()), createLocks(memory())];
    setDefaultLocks(one);
    const subscriptions = [early$.subscribe()];
    setDefaultLocks(two);
    subscriptions.push(early$.subscribe(), lock$('b', '30s').subscribe());
    expect((await one.list()).map(({ name }) => name)).toEqual(['a']);
    expect((await two.list()).map(({ name }) => name)).toEqual(['a', 'b']);
    expect(warnings()).toEqual([]);
    for (const subscription of subscriptions) subscription.unsubscribe();
    await Promise.all([one.close(), two.close()]);
  });

  it('has one embedded backend, whatever is chosen and taken back', async () => {
    const holding = lock$('a', '30s').subscribe();
    setDefaultLocks(undefined);
    expect(types()).toEqual(['waiting']);
    const locks = createLocks(memory());
    setDefaultLocks(locks);
    expect(types()).toEqual(['acquired']);
    setDefaultLocks(undefined);
    expect(types()).toEqual(['waiting']);
    expect(warnings()).toEqual(['RXLOCK_EMBEDDED']);
    holding.unsubscribe();
    await locks.close();
  });

  it('lives in the time of a TestScheduler.run within it, and leaves nothing of that behind', async () => {
    const run = (): string[] => {
      const log: string[] = [];
      new TestScheduler(() => undefined).run(({ flush }) => {
        const holding = lock$('a', '30s').subscribe(({ type }) => log.push(`${String(asyncScheduler.now())} ${type}`));
        expect(types()).toEqual(['waiting']);
        asyncScheduler.schedule(() => {
          holding.unsubscribe();
        }, 15_000);
        flush();
      });
      return log;
    };
    expect(run()).toEqual([expect.stringMatching(/^0 acquired/), expect.stringMatching(/^[1-9]\d* renewed/)]);
    await Promise.resolve();
    expect(run()[0]).toBe('0 acquired');
    expect(types()).toEqual(['acquired']);
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

  it('refuses the embedded backend in production, when it is subscribed to', () => {
    vi.stubEnv('NODE_ENV', 'production');
    const early$ = lock$('a', '30s');
    const errors: unknown[] = [];
    early$.subscribe({ error: (error: unknown) => errors.push(error) });
    expect(errors).toEqual([expect.any(LockConfigError)]);
    expect(String(errors[0])).toMatch(/setDefaultLocks/);
    expect(warnings()).toEqual([]);
    setDefaultLocks(createLocks(memory()));
    expect(types(early$)).toEqual(['acquired']);
  });

  it('takes what was set in production', () => {
    vi.stubEnv('NODE_ENV', 'production');
    setDefaultLocks(createLocks(memory()));
    expect(types()).toEqual(['acquired']);
  });

  it('throws at the call what is bad for any service, and makes no Locks for it', () => {
    vi.stubEnv('NODE_ENV', 'production');
    expect(() => lock$('', '30s')).toThrow(LockValidationError);
    expect(() => lock$(7 as never, '30s')).toThrow(LockValidationError);
    expect(() => lock$('a', 30)).toThrow(/write '30s'/);
    expect(() => lock$('a', '30s', { wait: 'soon' })).toThrow(LockValidationError);
    expect(() => lock$('a', '30s', { wiat: true } as never)).toThrow("there is no option 'wiat'");
    expect(slot[EMBEDDED]).toBeUndefined();
  });

  it('throws at the call what is bad for the Locks that was set', async () => {
    const locks = createLocks(memory(), { renewRatio: 0.2 });
    setDefaultLocks(locks);
    expect(() => lock$('a b', '30s')).toThrow(LockValidationError);
    expect(() => lock$('a', '2h')).toThrow(LockValidationError);
    expect(() => lock$('a', '30s', { safetyFactor: 0.3 })).toThrow(LockConfigError);
    await locks.close();
  });

  it('says in its stream what only the Locks of a subscription finds bad', () => {
    const early = [lock$('a b', '30s'), lock$('a', '2h'), lock$('a', '30s', { safetyFactor: 0.5 })];
    const errors = early.map((early$) => {
      let told: unknown;
      early$.subscribe({ error: (error: unknown) => (told = error) });
      return (told as { readonly option?: string }).option;
    });
    expect(errors).toEqual(['name', 'ttl', 'renewRatio']);
    // A third of the ttl is too late for half of it, but what its Locks has by default is not.
    setDefaultLocks(createLocks(memory(), { renewRatio: 0.2 }));
    expect(types(early[2])).toEqual(['acquired']);
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
