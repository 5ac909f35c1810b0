import { verdictOf, type Verdict, type Votes } from './verdict-of.js';

/** Counts the votes of one round. */
export class Tally implements Votes {
  yes = 0;
  no = 0;
  unknown = 0;
  private isDecided = false;
  /** Why somebody could not vote, if anybody could not. */
  cause: unknown;

  constructor(readonly members: number) {}

  /** @returns What it comes to, once, with the vote that decides it. */
  add(vote: 'yes' | 'no' | 'unknown', cause?: unknown): Verdict | undefined {
    this[vote]++;
    this.cause ??= cause;
    if (this.isDecided) return undefined;
    const verdict = verdictOf(this);
    this.isDecided = verdict !== undefined;
    return verdict;
  }
}
