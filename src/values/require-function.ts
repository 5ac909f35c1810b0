import { invalid } from './invalid.js';
import { show } from './show.js';

/**
 * @param hint What else to say of it.
 * @throws LockValidationError naming the argument, unless it is a function.
 */
export function requireFunction(option: string, value: unknown, hint?: string): void {
  if (typeof value === 'function') return;
  throw invalid(option, `${show(value)} is not a function${hint === undefined ? '' : `: ${hint}`}`);
}
