/** Semaphores and locks have separate names. */
export type Kind = 'lock' | 'semaphore';

/** What is asked for: a limit is what makes it a semaphore. */
export function kindOf(limit: number | undefined): Kind {
  return limit === undefined ? 'lock' : 'semaphore';
}
