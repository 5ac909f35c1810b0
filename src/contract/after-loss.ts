import type { Lease } from './lease.js';
import type { OnLost } from './options.js';

const KEY = Symbol.for('rxlock.after-loss');

/**
 * What follows the loss of a lease on the stream that told of it. It is read when the loss was told.
 *
 * An operator that starts its work anew asks the lock to contend again within the one subscription. A second subscription
 * would know nothing of a stop (`until`, a `takeUntil` in between) that came with the loss or shortly after it.
 */
export interface AfterLoss {
  /** What the lock's own options say. */
  readonly onLost: OnLost;
  /** How many want it to contend again, whatever the options say. */
  seekers: number;
  /** The `until` of its subscriber, if there is one: once it is stopped, nobody contends any more. */
  readonly stop: { readonly isStopped: boolean } | undefined;
}

/** A lease that knows what follows its loss. */
export interface WithAfterLoss {
  /** Undefined when the stream has ended: nothing follows. */
  [KEY](): AfterLoss | undefined;
}

/** The key of {@link WithAfterLoss}, for those who make leases. */
export const AFTER_LOSS: typeof KEY = KEY;

/** @returns Undefined for a lease whose stream has ended, and for one of another package. */
export function afterLoss(lease: Lease<unknown>): AfterLoss | undefined {
  return (lease as Partial<WithAfterLoss>)[KEY]?.();
}

/** What it is, when it comes to it. */
export function onLostOf({ onLost, seekers }: AfterLoss): OnLost {
  return seekers > 0 ? 'reacquire' : onLost;
}
