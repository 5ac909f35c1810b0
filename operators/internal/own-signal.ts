import type { Lease } from '../../src/contract/lease.js';
import { abortError } from '../../src/values/abort-error.js';
import { abortReason } from '../../src/values/abort-reason.js';
import { onAbort } from '../../src/values/on-abort.js';

/**
 * The signal of one run: it aborts when that run is to stop, though the lease may live on for others, and when the lease
 * ends. Made only when somebody asks for it.
 */
export class OwnSignal {
  private controller: AbortController | undefined;
  private isOver = false;
  private unfollow: (() => void) | undefined;

  constructor(private readonly lease: Lease<unknown>) {}

  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.isOver || this.lease.signal.aborted) this.abort();
      else this.unfollow = onAbort(this.lease.signal, this.abort);
    }
    return this.controller.signal;
  }

  /** Idempotent. The reason is that of the lease if it has ended, or is about to. */
  readonly abort = (): void => {
    this.isOver = true;
    if (this.controller === undefined) return;
    this.unfollow?.();
    this.unfollow = undefined;
    const { name, signal } = this.lease;
    this.controller.abort(signal.aborted ? abortReason(signal) : abortError(`the work under '${name}' is to stop`));
  };
}

/** The lease as one run sees it: everything is the lease's, but for its signal. */
export function withSignal<L extends Lease<unknown>>(lease: L, own: OwnSignal): L {
  return new Proxy(lease, {
    get(target, key) {
      if (key === 'signal') return own.signal;
      const value: unknown = Reflect.get(target, key, target);
      // The methods of its class know the lease only.
      const isMethod = typeof value === 'function' && key !== 'constructor' && !Object.hasOwn(target, key);
      return isMethod ? (value.bind(target) as unknown) : value;
    },
  });
}
