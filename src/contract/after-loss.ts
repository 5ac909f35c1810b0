import type { Lease } from './lease.js';
import type { OnLost } from './options.js';

const KEY = Symbol.for('rxlock.after-loss');

/** What has become of an `until`. */
interface StopState {
  readonly isStopped: boolean;
  /** With what the stream is to end, if not with its completion. */
  readonly failure: { readonly error: unknown } | undefined;
}

/**
 * What follows the end of a lease on the stream that told of it, a loss above all. It is decided when everybody was told.
 *
 * An operator that starts its work anew asks the lock to contend again within the one subscription. A second subscription
 * would know nothing of a stop (`until`, a `takeUntil` in between) that came with the loss or shortly after it.
 */
export class AfterLoss {
  private readonly seekers = new Set<number>();
  private asked = 0;
  /** How many have still to tell others of the loss. */
  private telling = 0;
  private act: ((onLost: OnLost) => void) | undefined;
  private decided = false;

  /**
   * @param onLost What the lock's own options say.
   * @param stop The `until` of its subscriber, if there is one: once it is stopped, nobody contends any more.
   */
  constructor(
    readonly onLost: OnLost,
    readonly stop: StopState | undefined,
  ) {}

  get isDecided(): boolean {
    return this.decided;
  }

  /** What it is, as things stand. */
  get follows(): OnLost {
    return this.seekers.size > 0 ? 'reacquire' : this.onLost;
  }

  /** The number of the next who asks. */
  get nextSeeker(): number {
    return this.asked;
  }

  /** Those who have asked and not left. */
  get present(): ReadonlySet<number> {
    return this.seekers;
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

  /** Some are told of the end later than the stream tells it: they have a say as well. @returns They have been told. */
  putOff(): () => void {
    this.telling++;
    return () => {
      this.telling--;
      this.decideIfTold();
    };
  }

  /** @param act Called once, when all have been told. */
  decide(act: (onLost: OnLost) => void): void {
    this.act = act;
    this.decideIfTold();
  }

  private decideIfTold(): void {
    const { act } = this;
    if (act === undefined || this.telling > 0) return;
    this.act = undefined;
    this.decided = true;
    act(this.follows);
  }
}

/** A lease that knows what follows its loss. */
export interface WithAfterLoss {
  /** Undefined when it was decided. */
  [KEY](): AfterLoss | undefined;
}

/** The key of {@link WithAfterLoss}, for those who make leases. */
export const AFTER_LOSS: typeof KEY = KEY;

/** @returns Undefined for a lease whose loss was told to all, and for one of another package. */
export function afterLoss(lease: Lease<unknown>): AfterLoss | undefined {
  return (lease as Partial<WithAfterLoss>)[KEY]?.();
}
