import type { Core } from '../core/core.js';
import { Kept, NEVER } from '../keeping/kept.js';
import type { LockRequest } from '../core/lock-request.js';
import type { Grant } from '../contract/backend.js';
import type { LeaseJson } from '../contract/lease.js';
import { leaseJson } from '../values/lease-json.js';

/** What anybody may read off a lease. Its life is `HeldLease`'s. */
export abstract class LeaseView extends Kept {
  abstract readonly isHeld: boolean;
  /** When it was announced, in milliseconds since `core.epoch`; `NEVER`: it is still to be. A small integer needs no object of its own. */
  declare protected acquired: number;
  /** The same moment on `clock.elapsed`. */
  declare protected granted: number;

  constructor(
    protected readonly request: LockRequest,
    readonly grant: Grant,
  ) {
    super();
    this.acquired = NEVER;
    this.granted = 0;
  }

  protected get core(): Core {
    return this.request.core;
  }

  get name(): string {
    return this.request.title;
  }

  /** As messages call it: `the lock 'a'`. */
  get subject(): string {
    return this.request.subject;
  }

  get id(): string {
    return `${this.request.title}#${String(this.number)}`;
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

  get fencingToken(): bigint | undefined {
    return this.grant.fencingToken;
  }

  get holder(): string {
    return this.grant.holder ?? this.core.holder;
  }

  get metadata(): string | undefined {
    return this.grant.metadata;
  }

  get acquiredAt(): Date {
    return new Date(this.core.epoch + this.acquired);
  }

  get expiresAt(): Date {
    return new Date(this.core.epoch + this.acquired + Math.floor(this.deadline - this.granted));
  }

  remaining(): number {
    return this.isHeld ? Math.max(0, Math.floor(this.deadline - this.core.runtime.clock.elapsed())) : 0;
  }

  toJSON(): LeaseJson {
    return leaseJson(this, this.seemsHeld);
  }

  /** Its insides are of no use to anybody, and there are many. */
  [Symbol.for('nodejs.util.inspect.custom')](): unknown {
    return { ...this.toJSON(), fencingToken: this.fencingToken };
  }

  /** Told apart by it. Most are never asked for theirs. */
  protected abstract readonly number: number;

  /** As `isHeld`, but asking changes nothing: what is logged must not make a loss happen. */
  protected abstract readonly seemsHeld: boolean;
}
