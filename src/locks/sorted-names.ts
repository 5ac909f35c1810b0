import { LockValidationError } from '../contract/errors.js';
import { invalid } from '../values/invalid.js';

/**
 * Names in their UTF-8 byte order, the same for everybody: whoever takes locks in it can block nobody who does so too.
 *
 * @throws LockValidationError for no names, and for a name that comes twice.
 */
export function sortedNames(names: readonly string[]): readonly string[] {
  if (names.length === 0) throw invalid('names', 'is empty');
  const seen = new Set<string>();
  const twice = names.find((name) => seen.size === seen.add(name).size);
  if (twice !== undefined) {
    throw new LockValidationError(`names contains '${twice}' twice`, { option: 'names', name: twice });
  }
  // The order of UTF-8 bytes is that of code points. JavaScript's own is that of UTF-16, which is another.
  return names
    .map((name) => ({ name, points: Array.from(name, (character) => character.codePointAt(0) as number) }))
    .sort((a, b) => compare(a.points, b.points))
    .map(({ name }) => name);
}

function compare(a: readonly number[], b: readonly number[]): number {
  const differs = a.findIndex((point, i) => point !== b[i]);
  if (differs === -1) return a.length - b.length;
  return (a[differs] as number) - (b[differs] ?? -1);
}
