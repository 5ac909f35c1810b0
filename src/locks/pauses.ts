import { takeUntil, timer, type Observable } from 'rxjs';
import type { Core } from '../core/core.js';
import type { RetryPolicy } from '../values/retry-policy.js';

/** Pauses between the tries of one thing: each is longer than the last, until a try has lasted. */
export class Pauses {
  private tries = 0;
  /** On `clock.elapsed`. */
  private since: number | undefined;

  /**
   * @param title What it is about, as the user wrote it.
   * @param lasting Milliseconds after which a try has lasted.
   */
  constructor(
    private readonly core: Core,
    private readonly title: string,
    private readonly policy: RetryPolicy,
    private readonly lasting: number,
  ) {}

  /** What was tried goes on from now. */
  started(): void {
    this.since = this.core.runtime.clock.elapsed();
  }

  /**
   * Emits when it is time for the next try; fails with `LockClosedError` as soon as these locks are closed.
   *
   * @param atLeast Milliseconds.
   */
  pause$(atLeast: number): Observable<unknown> {
    const { core, policy, title } = this;
    const { clock, random, scheduler } = core.runtime;
    if (this.since !== undefined && clock.elapsed() - this.since >= this.lasting) this.tries = 0;
    this.since = undefined;
    const pause = Math.max(policy.delay(++this.tries, random), atLeast);
    return timer(pause, scheduler).pipe(takeUntil(core.closed$(title)));
  }
}
