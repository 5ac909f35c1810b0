import type { Grant } from '../contract/backend.js';
import type { LostReason } from '../contract/lease.js';
import type { LockRequest } from '../core/lock-request.js';
import { Kept } from '../keeping/kept.js';

/** What the service says of it. */
export interface Confirmation {
  confirmed(): void;
  failed(reason: LostReason, cause: unknown): void;
}

/**
 * A grant that is too old, or of unknown age: it is renewed before anybody is told, and is nobody's until then. Its
 * teardown gives it back.
 */
export class UnconfirmedGrant extends Kept {
  /** Why it was not confirmed yet. */
  private failure: unknown;

  constructor(
    private readonly request: LockRequest,
    readonly grant: Grant,
    private readonly confirmation: Confirmation,
  ) {
    super();
  }

  get ttl(): number {
    return this.request.ttl;
  }

  get safetyFactor(): number {
    return this.request.options.safetyFactor;
  }

  get renewRatio(): number {
    return this.request.options.renewRatio;
  }

  /** Nobody waits for it any more. */
  unsubscribe(): void {
    if (this.position < 0) return;
    this.request.core.keeper.remove(this);
    this.giveBack();
  }

  renewed(): void {
    this.confirmation.confirmed();
  }

  uncertain(cause: unknown): void {
    // It is renewed until its time is over. Nobody is there to be told before.
    this.failure = cause;
  }

  lost(reason: LostReason, cause: unknown): void {
    if (reason === 'expired') this.giveBack();
    this.confirmation.failed(reason, cause ?? this.failure);
  }

  private giveBack(): void {
    this.request.stray(this.grant);
  }
}
