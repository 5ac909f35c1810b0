import { LockLostError } from '../contract/errors.js';
import type { Lease } from '../contract/lease.js';

/** The error that tells how a lease ended: its own words, where it has them. */
export function lossOf(lease: Lease<unknown>): unknown {
  try {
    lease.assertHeld();
  } catch (error) {
    return error;
  }
  // Without a reason it would have been given back.
  return new LockLostError(`the lock '${lease.name}' was lost`, { name: lease.name, reason: 'expired' });
}
