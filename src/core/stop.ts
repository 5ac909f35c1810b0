import { from, take, type ObservableInput, type Subscriber } from 'rxjs';
import type { Failure } from '../values/hold.js';

/**
 * What ends one subscriber's lock from outside: the first value of its `until`, or its error, with which the stream fails.
 * It is a state, so that it is heard whenever it comes: while the lock is waited for, while it is held, and in the turn in
 * which it is lost. What is being told when it comes is told first.
 */
export class Stop {
  isStopped = false;
  /** With what the stream is to end, if not with its completion. */
  failure: Failure | undefined;
  /** Ends what the subscriber has now. */
  private action: ((failure: Failure | undefined) => void) | undefined;

  private constructor(until: ObservableInput<unknown>, sink: Subscriber<unknown>) {
    const stop$ = from(until).pipe(take(1));
    sink.add(
      stop$.subscribe({
        next: () => {
          this.end(undefined);
        },
        error: (error: unknown) => {
          this.end({ error });
        },
      }),
    );
  }

  /** Subscribes to `until`, if there is one, for as long as the subscriber is there. */
  static of(until: ObservableInput<unknown> | undefined, sink: Subscriber<unknown>): Stop | undefined {
    return until === undefined ? undefined : new Stop(until, sink);
  }

  /** Says what is to be ended from now on. */
  set(action: (failure: Failure | undefined) => void): void {
    this.action = action;
  }

  private end(failure: Failure | undefined): void {
    this.isStopped = true;
    this.failure = failure;
    this.action?.(failure);
  }
}
