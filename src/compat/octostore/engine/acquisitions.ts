import { concatMap, defer, merge, Observable, take, throwError, timeout } from 'rxjs';
import { NameQueue, Claim } from '../../../backends/octostore/sessions/name-queue.js';
import { Acquisition, type Acquire, type AcquisitionOptions } from './acquisition.js';
import { NetworkError } from '../document/errors.js';
import type { AcquireResult } from '../document/types.js';

/**
 * Asks for locks, one attempt at a time for each name: the server gives the same owner the same lease, so the clean-up
 * behind one attempt could give back what the next was granted.
 */
export class Acquisitions {
  private readonly queue: NameQueue;
  private readonly open = new Set<Acquisition>();

  constructor(private readonly options: AcquisitionOptions) {
    this.queue = new NameQueue(options.runtime, () => undefined);
  }

  /** Emits what was granted, once. Errors with an `OctoStoreError`, and as `cancelled$` does. */
  acquire(call: Acquire): Observable<AcquireResult> {
    const { clock, scheduler } = this.options.runtime;
    const { name, within, cancelled$ } = call;
    const late = (): NetworkError =>
      new NetworkError(`an earlier attempt to acquire the lock has not ended within ${String(Math.ceil(within))} ms`, {
        name,
      });
    return defer(() => {
      const claim = new Claim(name, '');
      const deadline = clock.elapsed() + within;
      return merge(cancelled$, this.queue.enter(claim)).pipe(
        timeout({ first: within, scheduler, with: () => throwError(late) }),
        take(1),
        concatMap(() => this.attempt(call, claim, deadline)),
      );
    });
  }

  /** Completes when nothing is under way any more. */
  settled(): Observable<never> {
    return merge(...[...this.open].map(({ over$ }) => over$));
  }

  /** What is minded keeps the name: the next would be given the lease that a release on its way could still end. */
  private leave(claim: Claim, mindedUntil: number): void {
    if (mindedUntil <= this.options.runtime.clock.elapsed()) {
      this.queue.leave(claim);
      return;
    }
    claim.endsAt = mindedUntil;
    this.queue.hold(claim);
  }

  private attempt(call: Acquire, claim: Claim, deadline: number): Observable<AcquireResult> {
    return new Observable((sink) => {
      const attempt = new Acquisition(call, deadline, this.options, sink);
      this.open.add(attempt);
      attempt.over$.subscribe({
        complete: () => {
          this.open.delete(attempt);
          this.leave(claim, attempt.mindedUntil);
        },
      });
      attempt.start();
    });
  }
}
