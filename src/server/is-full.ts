import type { LockTable } from '../table/lock-table.js';

/**
 * Is as much held, kept for nobody any more, or waited for as may be, over all protocols together?
 *
 * @param places How many that are.
 */
export function isFull({ counts: { held, waiting } }: Pick<LockTable, 'counts'>, places: number): boolean {
  return held + waiting >= places;
}
