import { isObservable, of } from 'rxjs';
import { expect } from 'vitest';
import { LockConfigError, LockValidationError } from '../../../../src/contract/errors.js';
import type { Locks } from '../../../../src/contract/locks.js';
import type { Duration } from '../../../../src/contract/time.js';

/** What is given to one of the calls that take a lock. Anything may be wrong with it. */
export interface Arguments {
  readonly name: unknown;
  readonly ttl: unknown;
  readonly options?: unknown;
}

type Call = (locks: Locks, name: string, ttl: Duration, options: object | undefined) => unknown;

/** Every call that takes a lock, by what it gives: a stream must throw at the call, a promise must reject. */
export const ENTRIES: Readonly<Record<string, Call>> = {
  lock$: (locks, ...given) => locks.lock$(...given),
  leader$: (locks, ...given) => locks.leader$(...given),
  semaphore$: (locks, name, ttl, options) => locks.semaphore$(name, 2, ttl, options),
  all$: (locks, name, ttl, options) => locks.all$(['good', name], ttl, options),
  acquire: (locks, ...given) => locks.acquire(...given),
  tryAcquire: (locks, ...given) => locks.tryAcquire(...given),
  acquireAll: (locks, name, ttl, options) => locks.acquireAll(['good', name], ttl, options),
  using: (locks, name, ttl, options) => locks.using(name, ttl, () => 0, options),
  tryUsing: (locks, name, ttl, options) => locks.tryUsing(name, ttl, () => 0, options),
  usingAll: (locks, name, ttl, options) => locks.usingAll(['good', name], ttl, () => 0, options),
};

/** Calls it as somebody without TypeScript would. */
export function enter(locks: Locks, entry: string, { name, ttl, options }: Arguments): Promise<unknown> {
  return failureOf(entry.endsWith('$'), () =>
    ENTRIES[entry]!(locks, name as string, ttl as Duration, options as object),
  );
}

/**
 * The error of a call, which must come the way it is promised: thrown where a stream is given, rejected where a promise
 * is, and never both.
 */
export async function failureOf(throws: boolean, call: () => unknown): Promise<unknown> {
  let given: unknown;
  try {
    given = call();
  } catch (error) {
    if (!throws) throw new Error('it was thrown instead of rejected', { cause: error });
    return error;
  }
  if (throws || isObservable(given)) throw new Error('nothing was thrown');
  return Promise.resolve(given).then(
    () => {
      throw new Error('nothing failed');
    },
    (error: unknown) => error,
  );
}

/** A typed error that names the option, in one short line that prints. */
export function expectNamed(error: unknown, option: string): void {
  expect(error instanceof LockValidationError || error instanceof LockConfigError, String(error)).toBe(true);
  const { message } = error as Error;
  expect(error).toMatchObject({ option, retryable: false });
  expect(message).toContain(option.split('.').at(-1));
  expect(message.length).toBeLessThan(200);
  // Nothing that a log would break at, or a terminal obey.
  expect(message).toMatch(/^\P{Cc}+$/u);
}

/** For operators. */
export const SOURCE = of(1);

/** How a test calls what it was given. */
export function shown(value: unknown): string {
  if (typeof value === 'string')
    return JSON.stringify(value.length > 30 ? `${value.slice(0, 30)}… (${value.length})` : value);
  if (Array.isArray(value)) return `[${value.map(shown).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([key, one]) => ` ${key}: ${shown(one)} `)
      .join()}}`;
  }
  return typeof value === 'function' ? 'a function' : String(value);
}
