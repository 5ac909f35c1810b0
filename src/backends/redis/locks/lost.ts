import { LockLostError } from '../../../contract/errors.js';

/** For who hands on, or adopts, what is not there to be handed on. */
export function lost(name: string): LockLostError {
  return new LockLostError(`the lock '${name}' is not held, or was handed on before`, { name, reason: 'refused' });
}
