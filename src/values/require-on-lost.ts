import { invalid } from './invalid.js';
import { show } from './show.js';

/** @throws LockValidationError naming `onLost`, unless it is one. */
export function requireOnLost(onLost: unknown): void {
  if (onLost === 'complete' || onLost === 'error' || onLost === 'reacquire') return;
  throw invalid('onLost', `${show(onLost)} is none of 'complete', 'error', 'reacquire'`);
}
