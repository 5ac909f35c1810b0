/** What one server may have of a stake. */
export interface Part {
  /** It is asked for, and not answered. */
  isAsked: boolean;
  /** Resolves when that is answered, or given up. */
  asked: Promise<unknown> | undefined;
  /** The request for it was sent and not answered: it may still be granted until then, on `clock.elapsed`. */
  doubtUntil: number;
  /** It was sent back, and nothing was heard of that. */
  isReturned: boolean;
}
