import type { RedlockAbortSignal } from '../document/types.js';

/**
 * Makes the signal of a lock that asks the clock: a program that was blocked past the deadline finds it aborted before any
 * timer has rung.
 *
 * @param look Why the lock is lost, if it is; aborts the controller the first time that it is.
 */
export function watchedSignal({ signal }: AbortController, look: () => Error | undefined): RedlockAbortSignal {
  const aborted = (): boolean => look() !== undefined;
  return Object.defineProperties(signal, {
    error: { get: look, enumerable: true, configurable: true },
    aborted: { get: aborted, enumerable: true, configurable: true },
    throwIfAborted: {
      value: () => {
        const error = look();
        if (error !== undefined) throw error;
      },
      configurable: true,
    },
  });
}
