import { abortError } from './abort-error.js';

/**
 * Tells why a signal was aborted: its reason, whatever that is; an `AbortError` where it has none, as signals of older
 * platforms and polyfills.
 */
export function abortReason(signal: AbortSignal): unknown {
  const reason: unknown = signal.reason;
  return reason === undefined ? (made.get(signal) ?? make(signal)) : reason;
}

/** One for each signal: whoever is told twice can tell that it is the same. */
const made = new WeakMap<AbortSignal, Error>();

function make(signal: AbortSignal): Error {
  const error = abortError('This operation was aborted');
  made.set(signal, error);
  return error;
}
