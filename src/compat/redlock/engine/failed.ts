import {
  LockClosedError,
  LockHeldError,
  LockLostError,
  LockNetworkError,
  type LockError,
} from '../../../contract/errors.js';
import { ExecutionError } from '../document/errors.js';
import type { ExecutionStats } from '../document/types.js';

const MESSAGES = {
  quorum: 'The operation was unable to achieve a quorum during its retry window.',
  extension: 'Cannot extend an already-expired lock.',
  expired: 'The lock expired before an extension of it was confirmed.',
};

/** Why something failed, in rxlock's own words. */
const ROOTS = {
  held: (message: string): LockError => new LockHeldError(message),
  lost: (message: string): LockError => new LockLostError(message, { reason: 'refused' }),
  expired: (message: string): LockError => new LockLostError(message, { reason: 'expired' }),
  network: (message: string): LockError => new LockNetworkError(message),
  closed: (message: string): LockError => new LockClosedError(message),
};

/** Makes the error for what too few clients did, or for a lock that is over. */
export function failed(
  why: keyof typeof ROOTS,
  attempts: readonly Promise<ExecutionStats>[],
  message: keyof typeof MESSAGES = 'quorum',
): ExecutionError {
  const text = MESSAGES[message];
  return new ExecutionError(text, attempts, { root: ROOTS[why](text) });
}
