import type { Subscriber } from 'rxjs';
import type { Core } from './core.js';
import { requireRenewal, type HoldOptions } from './hold-options.js';
import type { AcquireRequest, Grant } from '../contract/backend.js';
import type { LockEvent } from '../contract/lease.js';

/** What one call of `lock$` asks for: made once, shared by all its subscriptions and attempts. */
export class LockRequest implements AcquireRequest {
  /** As the service knows it. */
  readonly name: string;

  constructor(
    readonly core: Core,
    /** As the user wrote it. */
    readonly title: string,
    readonly ttl: number,
    readonly options: HoldOptions,
    readonly limit: number | undefined,
  ) {
    requireRenewal(ttl, options, core.backend);
    this.name = core.prefix + title;
  }

  get wait(): boolean {
    return this.options.wait !== false;
  }

  get metadata(): string | undefined {
    return this.options.metadata;
  }

  get holder(): string {
    return this.core.holder;
  }

  /** Contends, once more after a loss. */
  contend(sink: Subscriber<LockEvent>): void {
    this.core.contend(this, sink);
  }

  stray(grant: Grant): void {
    this.core.discard(grant, this.title);
  }
}
