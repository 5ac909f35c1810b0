import { Observable, share, Subject, type MonoTypeOperatorFunction, type Observer } from 'rxjs';
import type { LockEvent } from '../src/contract/lease.js';

/**
 * Shares one lease among many subscribers in one process: taken with the first, released with the last.
 *
 * ```text
 * lock$         w---a----------r--       (w: waiting, a: acquired, r: renewed)
 * subscriber 1  w---a----------r--
 * subscriber 2           a-----r--       subscribed later
 * ```
 *
 * Late subscribers get the current state first: `acquired`, the very event, if the lease is still held, else the last
 * `waiting`. When the lock's stream has ended, the next subscriber contends anew. The lease's `signal` is that of
 * all: it aborts when the last has left.
 *
 * @example
 * ```ts
 * import { createLocks, memory } from 'rxlock';
 * import { ofLockEvent, shareLease } from 'rxlock/operators';
 * import { take } from 'rxjs';
 *
 * const locks = createLocks(memory());
 * const shared$ = locks.lock$('cache', '30s').pipe(shareLease(), ofLockEvent('acquired'), take(1));
 * shared$.subscribe((event) => console.log('first', event.lease.fencingToken));
 * ```
 */
export function shareLease<E extends LockEvent<unknown>>(): MonoTypeOperatorFunction<E> {
  return share({ connector: () => new Hub<E>() });
}

/** A subject that tells those who come late how things stand. One for each connection. */
class Hub<E extends LockEvent<unknown>> extends Observable<E> implements Observer<E> {
  private readonly subject = new Subject<E>();
  private current: E | undefined;

  constructor() {
    super((sink) => {
      // Subscribed before it is told: being told may be what brings the next event about.
      sink.add(this.subject.subscribe(sink));
      const event = this.current;
      if (event !== undefined && (event.type !== 'acquired' || event.lease.isHeld)) sink.next(event);
    });
  }

  next(event: E): void {
    if (event.type === 'acquired' || event.type === 'waiting') this.current = event;
    this.subject.next(event);
  }

  error(error: unknown): void {
    this.subject.error(error);
  }

  complete(): void {
    this.subject.complete();
  }
}
