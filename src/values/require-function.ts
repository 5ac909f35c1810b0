import { invalid } from './invalid.js';
import { show } from './show.js';

/** @throws LockValidationError naming the argument, unless it is a function. */
export function requireFunction(option: string, value: unknown): void {
  if (typeof value !== 'function') throw invalid(option, `${show(value)} is not a function`);
}
