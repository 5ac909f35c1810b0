import { invalid } from './invalid.js';
import { isCount } from './is-count.js';
import { show } from './show.js';

/** @throws LockValidationError naming the option, unless its value is a whole number of at least 1. */
export function requireCount(option: string, value: unknown): void {
  if (!isCount(value)) throw invalid(option, `${show(value)} is not a whole number of at least 1`);
}
