import { EMPTY, throwError, type Observable } from 'rxjs';
import type { AcquireSignal } from '../contract/backend.js';
import { LockLostError, type LockError } from '../contract/errors.js';
import type { LeaseHandle } from '../contract/lease-handle.js';
import type { LostReason } from '../contract/lease.js';
import { asked } from '../values/asked.js';
import type { Core } from './core.js';
import type { HoldOptions } from './hold-options.js';
import { LockRequest } from './lock-request.js';

/** What one call of `adopt$` asks for: a lock that somebody let go of. */
export class AdoptRequest extends LockRequest {
  readonly #handle: LeaseHandle;

  constructor(core: Core, title: string, ttl: number, options: HoldOptions, handle: LeaseHandle) {
    super(core, title, ttl, options);
    this.#handle = handle;
  }

  override ask(): Observable<AcquireSignal> {
    const { backend, runtime } = this.core;
    const { goodUntil, secret } = this.#handle;
    if (runtime.clock.date() >= Date.parse(goodUntil)) return throwError(() => this.lostError('expired'));
    return asked(() => backend.adopt?.(this.name, secret, this) ?? EMPTY);
  }

  override unconfirmed(reason: LostReason, cause: unknown): LockError {
    return reason === 'expired' ? super.unconfirmed(reason, cause) : this.lostError(reason, cause);
  }

  private lostError(reason: LostReason, cause?: unknown): LockError {
    const { title: name, subject } = this;
    const why = cause === undefined ? {} : { cause };
    return new LockLostError(`${subject} that was handed on is lost: ${reason}`, { name, reason, ...why });
  }
}
