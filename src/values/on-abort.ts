/** Those who wait for one signal, and the one listener that it has. */
interface Waiting {
  readonly all: Set<() => void>;
  readonly tell: () => void;
}

const listeners = new WeakMap<AbortSignal, Waiting>();

/**
 * Calls back once when a signal aborts. However many wait for one signal, it has one listener: Node takes more than ten
 * for a leak, and says so.
 *
 * @param signal Not aborted yet.
 * @returns Ends it.
 */
export function onAbort(signal: AbortSignal, abort: () => void): () => void {
  const known = listeners.get(signal);
  const waiting = known ?? waitingFor(signal);
  waiting.all.add(abort);
  if (known === undefined) {
    listeners.set(signal, waiting);
    signal.addEventListener('abort', waiting.tell, { once: true });
  }
  return () => {
    waiting.all.delete(abort);
    if (waiting.all.size > 0 || listeners.get(signal) !== waiting) return;
    listeners.delete(signal);
    signal.removeEventListener('abort', waiting.tell);
  };
}

function waitingFor(signal: AbortSignal): Waiting {
  const all = new Set<() => void>();
  return {
    all,
    // It does not ask `this` for its signal: that of a wrapper or a polyfill may be another one, or none.
    tell: () => {
      if (listeners.get(signal)?.all === all) listeners.delete(signal);
      for (const abort of all) {
        all.delete(abort);
        abort();
      }
    },
  };
}
