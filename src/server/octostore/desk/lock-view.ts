/** A lock as everybody may see it. */
export interface LockView {
  readonly name: string;
  readonly isHeld: boolean;
  /** By what its holder is known; absent if it is free. */
  readonly holderId: string | undefined;
  /** Of its holder; else the next that anybody gets. */
  readonly fencingToken: number;
  /** When it ends, on the monotonic clock. */
  readonly due: number | undefined;
  /** Milliseconds after which it may be free. */
  readonly retryAfter: number;
  readonly metadata: string | undefined;
}
