import { LockLostError } from '../../../contract/errors.js';
import type { Kind } from '../../../values/kind-of.js';
import { called } from '../wire/error-of-reply.js';

/** For who hands on, or adopts, what is not there to be handed on. */
export function lost(what: { readonly kind: Kind; readonly name: string }): LockLostError {
  const { name } = what;
  return new LockLostError(`${called(what)} is not held, or was handed on before`, { name, reason: 'refused' });
}
