import type { ServerCore } from './server-core.js';

/** So many names are looked through for what a short request takes. */
const AT_ONCE = 512;

/** The names that begin with a prefix, held or not, as a client has them looked for: he pays for all that are looked through. In no order. */
export function namesOf(
  { table, effort }: Pick<ServerCore, 'table' | 'effort'>,
  prefix?: string,
  semaphore?: boolean,
): string[] {
  effort.total += table.size / AT_ONCE;
  return table.names(prefix, semaphore);
}
