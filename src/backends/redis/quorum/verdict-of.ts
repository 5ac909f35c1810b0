/** `won`: a majority did it. `refused`: a majority never will. `failed`: too few answered. */
export type Verdict = 'won' | 'refused' | 'failed';

/** How many of those who are asked have said what. */
export interface Votes {
  readonly members: number;
  readonly yes: number;
  readonly no: number;
  /** They cannot be reached, or have said nothing that is an answer. */
  readonly unknown: number;
}

/** More than a half. */
export function majorityOf(members: number): number {
  return Math.floor(members / 2) + 1;
}

/** What the votes of one round come to; `undefined` as long as one more can change it. */
export function verdictOf({ members, yes, no, unknown }: Votes): Verdict | undefined {
  const majority = majorityOf(members);
  if (yes >= majority) return 'won';
  if (members - no - unknown >= majority) return undefined;
  return members - no < majority ? 'refused' : 'failed';
}
