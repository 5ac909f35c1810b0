import type { Observable } from 'rxjs';
import { contention$ } from '../contending/lock.js';
import type { LeaseHandle, LockEvent } from '../contract/lease.js';
import { AdoptRequest } from '../core/adopt-request.js';
import type { Core } from '../core/core.js';
import { resolveTtl, type HoldOptions } from '../core/hold-options.js';
import { invalid } from '../values/invalid.js';
import { isCount } from '../values/is-count.js';
import { isObject } from '../values/is-object.js';

/**
 * The stream of a lock that was handed on.
 *
 * @throws LockValidationError naming `handle`; LockUnsupportedError if the service cannot.
 */
export function adopted$(core: Core, handle: LeaseHandle, options: HoldOptions): Observable<LockEvent> {
  check(handle, core);
  if (core.backend.adopt === undefined) throw core.unsupportedError('adopt');
  const { mode = options.mode, limit, permits = 1 } = handle;
  // There is nobody to wait for, and what is lost is another's to take.
  const alone = { ...options, mode, limit, permits, wait: false, onLost: 'complete', metadata: undefined } as const;
  const ttl = resolveTtl(handle.ttl, core.backend);
  const request = new AdoptRequest(core, handle.name.slice(core.prefix.length), ttl, alone, { ...handle });
  return contention$(request);
}

function check(handle: unknown, { backend, prefix }: Core): void {
  const told: Partial<Record<keyof LeaseHandle, unknown>> = isObject(handle) ? handle : {};
  const { version, name, ttl, goodUntil, secret, mode, limit, permits } = told;
  if (version !== 1 || typeof name !== 'string' || typeof secret !== 'string' || secret === '') {
    throw invalid('handle', 'is not what lease.detach() gives');
  }
  if (told.backend !== backend.name) throw invalid('handle', `is of another backend than ${backend.name}`);
  if (!name.startsWith(prefix) || name === prefix) throw invalid('handle', 'is of a lock with another prefix');
  const isTime = typeof ttl === 'number' && typeof goodUntil === 'string' && !Number.isNaN(Date.parse(goodUntil));
  const isPlaces = [limit, permits].every((count) => count === undefined || isCount(count));
  if (!isTime || !isPlaces || !(mode === undefined || mode === 'shared')) throw invalid('handle', 'is not whole');
}
