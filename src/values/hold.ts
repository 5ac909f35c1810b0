import {
  asyncScheduler,
  concat,
  defer,
  EMPTY,
  filter,
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
    const { lease, retention } = this;
    const first = this.limit ?? lease.ttl;
    let isStopping = stopped !== undefined;
    let isAbandoned = false;
    let loss: Failure | undefined;
    // A loss ends the clean-up, but not the wait for the work: the next must not meet it.
    const lost$ = defer(() => lease.ended$).pipe(
      filter(({ type }) => type === 'lost'),
      tap(() => (loss = { error: lossOf(lease) })),
    );
    const drained$ = defer(() => {
      isStopping = false;
      return lease.isHeld ? (drain?.() ?? EMPTY) : EMPTY;
    }).pipe(takeUntil(lost$));
    const giveUp = (): Observable<never> => {
      isAbandoned = true;
      retention.abandon();
      // Should it stop after all, it keeps the lock no longer.
      if (isStopping) {
        void stopped?.then(() => {
          retention.release();
        });
      }
      return throwError(() => tooLong(lease.name, first, why));
    };
    concat(stopped ?? EMPTY, drained$)
      .pipe(ignoreElements(), timeout({ first, with: giveUp, scheduler: this.scheduler }))
      .subscribe({
        error: (error: unknown) => {
          this.fail(error);
          if (!isAbandoned) retention.release();
          ended({ failure: { error } });
        },
        complete: () => {
          retention.release();
          ended({ loss });
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
}

function tooLong(name: string, limit: number, why: Failure | undefined): LockTimeoutError {
  return new LockTimeoutError(`the work under the lock '${name}' did not stop within ${String(limit)} ms`, {
    name,
    retryable: false,
    ...(why && { cause: why.error }),
  });
}
