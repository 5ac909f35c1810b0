import {
  asyncScheduler,
  concat,
  defer,
  EMPTY,
  filter,
  from,
  ignoreElements,
  takeUntil,
  tap,
  throwError,
  timeout,
  type Observable,
  type ObservableInput,
  type SchedulerLike,
} from 'rxjs';
import { LockLostError, LockTimeoutError } from '../contract/errors.js';
import { retain, type Retention } from '../contract/retention.js';
import type { Lease } from '../contract/lease.js';
import { lossOf } from './loss-of.js';

/** Boxed: anything can be thrown. */
export interface Failure {
  readonly error: unknown;
}

/** What is still to be done when the work was asked to stop. */
export interface Rest {
  /** Never rejects, and resolves when the work has stopped. Absent: it has. */
  readonly stopped?: Promise<void> | undefined;
  /** Clean-up that needs the lock. Not called once that is gone. */
  readonly drain?: (() => ObservableInput<unknown>) | undefined;
  /** Why the lock is to go, if there is a word for it: the cause of what is told of work that does not stop. */
  readonly why?: Failure | undefined;
}

/** How a hold ended. */
export interface HoldEnd {
  /** The lock was lost before all was done. */
  readonly loss?: Failure | undefined;
  /** The clean-up failed, or it took too long: a `LockTimeoutError` that is not `retryable`. `events$` was told. */
  readonly failure?: Failure | undefined;
}

/**
 * A lease kept for one piece of work: held and renewed until that has stopped and was drained, but not for ever. Whatever
 * runs under a lock ends by this, operators and promises alike.
 */
export class Hold<L extends Lease<unknown>> {
  private readonly retention: Retention;
  /** Until the work has stopped. */
  private stopping: Promise<void> | undefined;
  private loss: Failure | undefined;
  private isAbandoned = false;

  /** @param limit How long the end may take, in milliseconds. The ttl if undefined. */
  constructor(
    readonly lease: L,
    private readonly limit: number | undefined,
  ) {
    this.retention = retain(lease);
  }

  /** The core's, where the lease knows it: virtual time must be everybody's. */
  get scheduler(): SchedulerLike {
    return this.retention.scheduler ?? asyncScheduler;
  }

  /**
   * Waits until the work has stopped, drains it, and lets the lock go. After the limit it waits no longer: the lock is
   * not released, and runs out unless others keep it.
   *
   * @param ended Called once: before this returns, if there is nothing to wait for.
   */
  end({ stopped, drain, why }: Rest, ended: (end: HoldEnd) => void): void {
    if (stopped === undefined && drain === undefined) {
      this.retention.release();
      ended({});
      return;
    }
    this.stopping = stopped;
    const first = this.limit ?? this.lease.ttl;
    concat(this.stopped$(), this.drained$(drain))
      .pipe(timeout({ first, with: () => this.tooLong$(first, why), scheduler: this.scheduler }))
      .subscribe({
        error: (error: unknown) => {
          this.fail(error);
          if (!this.isAbandoned) this.retention.release();
          ended({ failure: { error } });
        },
        complete: () => {
          this.retention.release();
          ended({ loss: this.loss });
        },
      });
  }

  /** Tells `events$` of an error that nobody else hears any more. */
  fail(error: unknown): void {
    this.retention.fail(error);
  }

  /** As `fail`, for what work says after it was told to stop. That it was told so is no news. */
  failLate(error: unknown): void {
    const isAbort = error instanceof Error && error.name === 'AbortError';
    if (!isAbort && !(error instanceof LockLostError)) this.fail(error);
  }

  private stopped$(): Observable<never> {
    return this.stopping === undefined ? EMPTY : from(this.stopping).pipe(ignoreElements());
  }

  /** A loss ends the clean-up, but not the wait for the work: the next must not meet it. */
  private drained$(drain: Rest['drain']): Observable<never> {
    const { lease } = this;
    const lost$ = defer(() => lease.ended$).pipe(
      filter(({ type }) => type === 'lost'),
      tap(() => (this.loss = { error: lossOf(lease) })),
    );
    return defer(() => {
      this.stopping = undefined;
      return lease.isHeld ? (drain?.() ?? EMPTY) : EMPTY;
    }).pipe(ignoreElements(), takeUntil(lost$));
  }

  private tooLong$(limit: number, why: Failure | undefined): Observable<never> {
    this.isAbandoned = true;
    this.retention.abandon();
    // Should it stop after all, it keeps the lock no longer.
    void this.stopping?.then(() => {
      this.retention.release();
    });
    const { name } = this.lease;
    const error = new LockTimeoutError(`the work under the lock '${name}' did not stop within ${String(limit)} ms`, {
      name,
      retryable: false,
      ...(why && { cause: why.error }),
    });
    return throwError(() => error);
  }
}
