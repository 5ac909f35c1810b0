import { filter, firstValueFrom, from, mergeMap, NEVER, race, ReplaySubject, timer, type Observable } from 'rxjs';
import type { Core } from '../core/core.js';
import { deferred, type Deferred } from '../values/deferred.js';
import { parseDuration } from '../values/duration.js';
import { HeldLease } from '../lease/held-lease.js';
import type { CloseOptions } from '../contract/locks.js';
import { refuseUnknown } from '../values/refuse-unknown.js';
import { reportErrors } from '../values/report-errors.js';
import type { LockBackend } from '../contract/backend.js';

const CLOSE_OPTIONS: ReadonlySet<string> = new Set(['drain']);

/** How long `close()` waits for the answers to releases; closing the backend gives up what is left of them. Milliseconds. */
const RELEASES = 1000;

/** How long `close()` waits for the backend to close; what is left of that goes on by itself. Milliseconds. */
const BACKEND = 5000;

/** How many `Locks` use a backend. */
const users = new WeakMap<LockBackend, number>();

/**
 * The end of a `Locks`: turns away who waits, lets work drain, stops it, gives back what is held, and closes the backend
 * with its last user. Each of these has a bound, so it always comes to its end.
 */
export class Closing {
  private ending: Promise<void> | undefined;
  /** Milliseconds from now that work may still go on: one for each call of `close()`. */
  private readonly drains = new ReplaySubject<number>(Infinity);

  constructor(private readonly core: Core) {
    const { backend } = core;
    users.set(backend, (users.get(backend) ?? 0) + 1);
  }

  /** Begins the end, or hastens it: another call may shorten the drain of the first, never lengthen it. */
  async close(options: CloseOptions): Promise<void> {
    refuseUnknown(options, CLOSE_OPTIONS);
    const drain = options.drain === undefined ? 0 : parseDuration(options.drain, 'drain');
    this.drains.next(drain);
    if (this.ending === undefined) {
      const { promise, resolve }: Deferred<void> = deferred();
      // Before it starts: whoever is told of the end may close once more.
      this.ending = promise;
      resolve(this.end(drain));
    }
    return this.ending;
  }

  private async end(drain: number): Promise<void> {
    const { core } = this;
    const isEmpty = (): boolean => core.keeper.size === 0;
    core.phase = 'draining';
    this.turnAway();
    if (drain > 0 && !isEmpty()) await this.until(isEmpty, this.drained$());
    core.phase = 'closing';
    this.stopWork();
    // Whatever keeps a lock beyond this has a bound of its own: its `drainTimeout`, then the ttl; or its `minHold`.
    if (!isEmpty()) await this.until(isEmpty, NEVER);
    if (!core.isIdle) await this.until(() => core.isIdle, timer(RELEASES, core.runtime.scheduler));
    // Who closes these locks as he is told of a loss: it is told to the others, too.
    await Promise.resolve();
    core.dispose();
    await this.leaveBackend();
  }

  /** Who is told may make others leave. */
  private turnAway(): void {
    const { core } = this;
    for (const waiting of core.contenders.toArray()) {
      if (waiting.spot < 0) continue;
      reportErrors(() => {
        waiting.fail(core.closedError(waiting.request.title));
      });
    }
  }

  private stopWork(): void {
    const { core } = this;
    for (const kept of core.keeper.all()) {
      reportErrors(() => {
        if (kept instanceof HeldLease) kept.stop({ error: core.closedError(kept.name) });
      });
    }
  }

  /** Emits when the first of all the drains that were asked for is over. */
  private drained$(): Observable<unknown> {
    const { scheduler } = this.core.runtime;
    return this.drains.pipe(mergeMap((drain) => timer(drain, scheduler)));
  }

  /** Resolves when a condition has come about, or when it is too late for it. */
  private async until(condition: () => boolean, late$: Observable<unknown>): Promise<void> {
    await firstValueFrom(race(this.core.changes.pipe(filter(condition)), late$));
  }

  private async leaveBackend(): Promise<void> {
    const { backend, runtime } = this.core;
    const left = (users.get(backend) ?? 1) - 1;
    users.set(backend, left);
    if (left > 0) return;
    await firstValueFrom(race(from(Promise.resolve(backend.close())), timer(BACKEND, runtime.scheduler)));
  }
}
