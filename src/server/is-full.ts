import type { ServerTable } from '../table/server-table.js';

/**
 * Is as much held, kept for nobody any more, or waited for as may be, over all protocols together?
 *
 * @param places How many that are.
 */
export function isFull({ counts: { held, waiting } }: Pick<ServerTable, 'counts'>, places: number): boolean {
  return held + waiting >= places;
}
