import type { AcquireRequest, AcquireSignal } from '../../../contract/backend.js';
import { LockValidationError } from '../../../contract/errors.js';
import type { Clock } from '../../../contract/time.js';
import type { Reply } from '../wire/port.js';
import type { Shown } from './shown.js';

/** What is said of a lock that another one has: his time that is left, in milliseconds, and what may be read of him. */
export function heldSignal(clock: Clock, { holder, mode }: Shown, left: number): AcquireSignal {
  return {
    type: 'held',
    holder,
    mode,
    expiresAt: dateIn(clock, left),
    retryAfter: left > 0 ? left : undefined,
  };
}

/** What is said of a place in the queue. */
export function queuedSignal(clock: Clock, { holder, mode }: Shown, left: number, position: number): AcquireSignal {
  return { type: 'queued', position, holder, mode, expiresAt: dateIn(clock, left) };
}

/** What it means that others use another limit. */
export function otherLimit({ name, limit }: AcquireRequest, others: Reply | undefined): LockValidationError {
  return new LockValidationError(
    `limit ${String(limit)} of the semaphore '${name}' differs from the limit ${String(others)} that others use`,
    { name, option: 'limit' },
  );
}

function dateIn(clock: Clock, left: number): number | undefined {
  return left > 0 ? Math.floor(clock.date() + left) : undefined;
}
