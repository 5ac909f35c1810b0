import { from, take, type ObservableInput, type Subscriber } from 'rxjs';

/**
 * What ends one subscriber's lock from outside: the first value of its `until`. It is a state, so that it is heard
 * whenever it comes: while the lock is waited for, while it is held, and in the turn in which it is lost.
 */
export class Stop {
  private stopped = false;
  /** Ends what the subscriber has now. */
  private action: (() => void) | undefined;

  /** Subscribes to `until` for as long as the subscriber is there, whose stream fails if it does. */
  constructor(until: ObservableInput<unknown>, sink: Subscriber<unknown>) {
    const stop$ = from(until).pipe(take(1));
    sink.add(
      stop$.subscribe({
        next: () => {
          this.stopped = true;
          this.action?.();
        },
        error: (error: unknown) => {
          sink.error(error);
        },
      }),
    );
  }

  get isStopped(): boolean {
    return this.stopped;
  }

  /** Says what is to be ended from now on. */
  set(action: () => void): void {
    this.action = action;
  }
}
