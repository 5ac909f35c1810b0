import { LockValidationError } from '../contract/errors.js';
import { invalid } from '../values/invalid.js';

/**
 * Names in their UTF-8 byte order, the same for everybody: whoever takes locks in it can block nobody who does so too.
 *
 * @throws LockValidationError for no names, and for a name that comes twice.
 */
export function sortedNames(names: readonly string[]): readonly string[] {
  if (names.length === 0) throw invalid('names', 'is empty');
  const sorted = [...names].sort(compare);
  const twice = sorted.find((name, i) => name === sorted[i - 1]);
  if (twice !== undefined) {
    throw new LockValidationError(`names contains '${twice}' twice`, { option: 'names', name: twice });
  }
  return sorted;
}

/** The order of UTF-8 bytes is that of code points. JavaScript's own is that of UTF-16, which is another. */
function compare(a: string, b: string): number {
  let i = 0;
  while (i < a.length && a.codePointAt(i) === b.codePointAt(i)) i++;
  return (a.codePointAt(i) ?? -1) - (b.codePointAt(i) ?? -1);
}
