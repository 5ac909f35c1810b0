import type { Core } from './core.js';
import { Kept } from './keeper.js';
import type { LockRequest } from './request.js';
import type { Grant, LeaseJson } from './types.js';

let counter = 0;

/** What anybody may read off a lease. Its life is `HeldLease`'s. */
export abstract class LeaseView extends Kept {
  abstract readonly isHeld: boolean;
  /** Epoch milliseconds of the grant. */
  protected acquired = 0;
  /** The same moment on `clock.elapsed`. */
  protected granted = 0;
  private readonly number = ++counter;

  constructor(
    protected readonly core: Core,
    protected readonly request: LockRequest,
    readonly grant: Grant,
  ) {
    super();
  }

  get name(): string {
    return this.request.title;
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
    return new Date(this.acquired);
  }

  get expiresAt(): Date {
    return new Date(this.acquired + Math.floor(this.deadline - this.granted));
  }

  remaining(): number {
    return this.isHeld ? Math.max(0, Math.floor(this.deadline - this.core.runtime.clock.elapsed())) : 0;
  }

  toJSON(): LeaseJson {
    const { name, id, fencingToken, holder, metadata, ttl } = this;
    return {
      name,
      id,
      fencingToken: fencingToken?.toString(),
      holder,
      metadata,
      ttl,
      acquiredAt: this.acquiredAt.toISOString(),
      expiresAt: this.expiresAt.toISOString(),
      isHeld: this.seemsHeld,
    };
  }

  /** Its insides are of no use to anybody, and there are many. */
  [Symbol.for('nodejs.util.inspect.custom')](): unknown {
    return { ...this.toJSON(), fencingToken: this.fencingToken };
  }

  /** As `isHeld`, but asking changes nothing: what is logged must not make a loss happen. */
  protected abstract readonly seemsHeld: boolean;
}
