import { LockError } from '../contract/errors.js';
import { plainCause } from '../contract/plain-error.js';

/** What an event tells of a failure. */
interface Failed {
  readonly cause?: unknown;
  readonly error?: unknown;
}

/**
 * Makes an event good for JSON, whatever is in the error that it tells of: a client library's may hold a request, and go
 * round in circles.
 *
 * @returns The same event.
 */
export function loggable<E extends object>(event: E): E {
  const { cause, error } = event as Failed;
  if (cause === undefined && error === undefined) return event;
  const toJSON = (): object => ({
    ...event,
    ...(cause === undefined ? {} : { cause: plain(cause) }),
    ...(error === undefined ? {} : { error: plain(error) }),
  });
  // Not enumerable: it is no part of what is told. One event may be told on two streams.
  return Object.defineProperty(event, 'toJSON', { value: toJSON, configurable: true });
}

function plain(error: unknown): unknown {
  return error instanceof LockError ? error.toJSON() : plainCause(error);
}
