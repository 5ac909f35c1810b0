import type { Observable } from 'rxjs';
import type { AcquireRequest, AcquireSignal, Grant, Keeping } from '../contract/backend.js';
import { LockAuthenticationError, LockNetworkError, type LockError } from '../contract/errors.js';
import type { LostReason } from '../contract/lease.js';
import type { Core } from './core.js';
import { requireRenewal, type HoldOptions } from './hold-options.js';
import { kindOf } from '../values/kind-of.js';
import { resourceOf } from './resource-of.js';

/** What one call of `lock$` asks for: made once, shared by all its subscriptions and attempts. */
export class LockRequest implements AcquireRequest {
  /** As the service knows it. */
  readonly name: string;

  /** @param title The name as the user wrote it. */
  constructor(
    readonly core: Core,
    readonly title: string,
    readonly ttl: number,
    readonly options: HoldOptions,
  ) {
    requireFeatures(options, core);
    requireRenewal(ttl, options, core.backend);
    this.name = core.prefix + title;
  }

  get wait(): boolean {
    return this.options.wait !== false;
  }

  get mode(): 'shared' | undefined {
    return this.options.mode === 'shared' ? 'shared' : undefined;
  }

  get limit(): number | undefined {
    return this.options.limit;
  }

  get permits(): number {
    return this.options.permits;
  }

  get metadata(): string | undefined {
    return this.options.metadata;
  }

  get holder(): string {
    return this.core.holder;
  }

  get keeping(): Keeping {
    return this.options;
  }

  get resource(): string {
    return resourceOf(this.name, this.limit);
  }

  /** What it is about, for messages: `the lock 'a'`. */
  get subject(): string {
    return `the ${kindOf(this.limit)} '${this.title}'`;
  }

  /** One attempt. */
  ask(): Observable<AcquireSignal> {
    return this.core.backend.acquire(this);
  }

  /** Why a grant that was to be confirmed is none. */
  unconfirmed(_reason: LostReason, cause: unknown): LockError {
    if (cause instanceof LockAuthenticationError) return cause;
    return new LockNetworkError('the grant could not be confirmed', { cause });
  }

  stray(grant: Grant): void {
    this.core.discard(grant, this.title, this.ttl);
  }
}

/**
 * Checks that the service can do what is asked for.
 *
 * @throws LockUnsupportedError
 */
function requireFeatures({ mode, limit, permits }: HoldOptions, core: Core): void {
  const { features } = core.backend;
  if (mode === 'shared' && !features.shared) throw core.unsupportedError('shared locks');
  if (limit === undefined) return;
  if (!features.semaphore) throw core.unsupportedError('semaphores');
  if (permits > 1 && !features.permits) {
    throw core.unsupportedError('semaphores that give more than one permit at once');
  }
}
