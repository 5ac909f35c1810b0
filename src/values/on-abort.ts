const listeners = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back once when a signal aborts. However many wait for one signal, it has one listener: Node takes more than ten
 * for a leak, and says so.
 *
 * @param signal Not aborted yet.
 * @returns Ends it.
 */
export function onAbort(signal: AbortSignal, abort: () => void): () => void {
  const known = listeners.get(signal);
  const waiting = known ?? new Set();
  waiting.add(abort);
  if (known === undefined) {
    listeners.set(signal, waiting);
    signal.addEventListener('abort', tellAll, { once: true });
  }
  return () => {
    waiting.delete(abort);
    if (waiting.size > 0 || listeners.get(signal) !== waiting) return;
    listeners.delete(signal);
    signal.removeEventListener('abort', tellAll);
  };
}

function tellAll(this: AbortSignal): void {
  const waiting = listeners.get(this);
  listeners.delete(this);
  for (const abort of waiting ?? []) abort();
}
