import type { LeaseHandle } from '../contract/lease-handle.js';
import type { LockRequest } from '../core/lock-request.js';
import type { Kept } from '../keeping/kept.js';

/**
 * The handle of a lease that is handed on.
 *
 * It is good until the deadline that its lease had: a wall clock decides that only for who would be too late anyway, as
 * whoever adopts it believes in nothing but what the service confirms to him.
 */
export function handleOf({ grant, ttl, deadline }: Kept, request: LockRequest, secret: string): LeaseHandle {
  const { core, name, mode, limit, permits } = request;
  const { clock } = core.runtime;
  const handle: LeaseHandle = {
    version: 1,
    backend: core.backend.name,
    name,
    ttl,
    goodUntil: new Date(Math.floor(clock.date() + deadline - clock.elapsed())).toISOString(),
    ...(grant.fencingToken === undefined ? {} : { fencingToken: grant.fencingToken.toString() }),
    ...(mode === undefined ? {} : { mode }),
    ...(limit === undefined ? {} : { limit, permits }),
    secret,
  };
  // Not enumerable: it is no part of the data.
  return Object.defineProperty(handle, Symbol.for('nodejs.util.inspect.custom'), {
    value: () => ({ ...handle, secret: '[secret]' }),
  });
}
