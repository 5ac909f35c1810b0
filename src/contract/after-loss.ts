import type { Lease } from './lease.js';
import type { OnLost } from './options.js';

const KEY = Symbol.for('rxlock.after-loss');

/**
 * What follows the loss of a lease on the stream that told of it. It is read when the loss was told.
 *
 * An operator that starts its work anew asks the lock to contend again within the one subscription. A second subscription
 * would know nothing of a stop (`until`, a `takeUntil` in between) that came with the loss or shortly after it.
 */
export class AfterLoss {
  private readonly seekers = new Set<number>();
  private asked = 0;
  private decision: OnLost | undefined = undefined;

  /**
   * @param onLost What the lock's own options say.
   * @param stop The `until` of its subscriber, if there is one: once it is stopped, nobody contends any more.
   */
  constructor(
    readonly onLost: OnLost,
    readonly stop: { readonly isStopped: boolean } | undefined,
  ) {}

  /** How many have asked so far, those included who have left: the next who asks has this number. */
  get count(): number {
    return this.asked;
  }

  /** Somebody wants it to contend again, whatever the options say. @returns His number, for {@link leave}. */
  seek(): number {
    const seeker = this.asked++;
    this.seekers.add(seeker);
    return seeker;
  }

  leave(seeker: number): void {
    this.seekers.delete(seeker);
  }

  /** What it is, by now, or was when it came to it. */
  get follows(): OnLost {
    return this.decision ?? (this.seekers.size > 0 ? 'reacquire' : this.onLost);
  }

  /** It has come to it: who asks or leaves now changes nothing any more. */
  decide(): OnLost {
    return (this.decision = this.follows);
  }

  /** Those who are still there, of the ones that have asked. */
  get present(): ReadonlySet<number> {
    return this.seekers;
  }
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
