import type { Bound, Bounds, Grant } from '../../../contract/backend.js';
import type { Kind } from '../../../values/kind-of.js';

/** A lock that was granted, as this client knows it. */
export class SocketGrant implements Grant {
  /** It is not ours any more, or on its way back. */
  isOver = false;
  /** It is being let go of, and may be somebody else's by now. */
  isLeaving = false;
  /** Milliseconds that the server has confirmed; less if it was asked for less. */
  ttl: number;
  /** When the request was sent that it was confirmed by alone, on `clock.elapsed`. */
  sentAt: number;
  /** Has somebody asked for it since the book looked last? */
  isAsked = true;
  /** When the book saw that it had been asked for, on `clock.elapsed`. */
  lookedAt = -Infinity;
  /** How often it was asked for by itself: what becomes of the last of these counts. */
  asks = 0;
  private lastBounds: Bounds | undefined = undefined;

  /**
   * @param id That of the request that it was granted to.
   * @param isRenewed By each keep-alive. Else only when that is asked for.
   * @param news The number of the message that said so.
   */
  constructor(
    readonly name: string,
    readonly kind: Kind,
    readonly fencingToken: bigint | undefined,
    readonly holder: string,
    readonly metadata: string | undefined,
    readonly id: number,
    readonly isRenewed: boolean,
    readonly news: number,
    { sentAt, ttl }: Bound,
  ) {
    this.ttl = ttl;
    this.sentAt = sentAt;
  }

  /** What it hangs on by itself. */
  get bounds(): Bounds {
    const { sentAt, ttl } = this;
    const [last] = this.lastBounds ?? [];
    if (last?.sentAt !== sentAt || last.ttl !== ttl) this.lastBounds = [{ sentAt, ttl }];
    return this.lastBounds as Bounds;
  }
}
