import { Observable, Subject, type Subscriber, type Subscription } from 'rxjs';
import { LockClosedError, LockUnsupportedError, type LockError } from '../contract/errors.js';
import { Bag, type BagItem } from '../values/bag.js';
import { endStream } from '../values/end-stream.js';
import { causeOf, errorOf } from '../values/error-of.js';
import { loggable } from '../values/loggable.js';
import { Keeper } from '../keeping/keeper.js';
import { Releases } from '../keeping/releases.js';
import { reportErrors } from '../values/report-errors.js';
import { systemScheduler } from '../values/system-scheduler.js';
import { Telling } from '../values/telling.js';
import { resourceOf } from './resource-of.js';
import { warn } from '../values/warn.js';
import type { Stop } from './stop.js';
import { TurnEnd } from './turn-end.js';
import type { AcquireRequest, Grant, LockBackend, Revocation } from '../contract/backend.js';
import type { LockEvent, LocksEvent } from '../contract/lease.js';
import type { Runtime } from '../contract/time.js';

/**
 * How far the end of a `Locks` has come. `draining`: nothing new begins, who waits was turned away, work goes on.
 * `closing`: work was told to stop, and is waited for. `closed`: nothing is held, and nothing happens any more.
 */
export type Phase = 'open' | 'draining' | 'closing' | 'closed';

/** Somebody who is turned away when these locks close: who waits for a lock, or for anything else. */
export interface Waiting extends BagItem {
  readonly request: { readonly title: string | undefined };
  fail(error: unknown): void;
}

/** What `lock.ts` composes. */
interface Contention {
  /** Contends for a lock, and holds it. */
  contend(request: AcquireRequest, sink: Subscriber<LockEvent>, stop: Stop | undefined, isLater: boolean): void;
}

const UNREACHABLE = 'RXLOCK_UNREACHABLE';

/** What all locks of one `Locks` share: the keeper, the releases, the events, and the end of it all. */
export class Core {
  readonly keeper: Keeper;
  readonly releases: Releases;
  readonly events = new Subject<LocksEvent>();
  /** What is told on `events`, and its end. */
  private readonly telling = new Telling<LocksEvent | 'end'>((event) => {
    if (event === 'end') endStream(this.events);
    else this.events.next(event);
  });
  /** Those who end when these locks begin to close. */
  readonly contenders = new Bag<Waiting>();
  phase: Phase = 'open';
  private readonly revocations: Subscription | undefined;
  /** Epoch milliseconds of its making. */
  readonly epoch: number;
  private readonly warned = new Set<string>();
  /** Not in virtual time. */
  readonly isReal: boolean;
  private contenderCount = 0;
  /** Emits whenever something that was held, or on its way back, is gone; only once these locks are closing. */
  readonly changes = new Subject<void>();

  constructor(
    readonly backend: LockBackend,
    readonly runtime: Runtime,
    readonly holder: string,
    readonly prefix: string,
    /** For whoever wants a lock again after a loss. */
    readonly contention: Contention,
  ) {
    this.epoch = runtime.clock.date();
    const { scheduler } = runtime;
    this.isReal = scheduler === systemScheduler;
    const turn = new TurnEnd(scheduler, this.isReal, () => {
      this.endTurn();
    });
    const plan = (): void => {
      turn.plan();
    };
    this.keeper = new Keeper(runtime, backend, plan);
    this.releases = new Releases(runtime, backend, plan, () => {
      this.changed();
    });
    // A source that is read once a tick must know where it began.
    runtime.clock.sync?.();
    this.revocations = backend.revoked$?.subscribe({
      next: (revocation) => {
        this.revoke(revocation);
      },
      // Nothing is pushed any more; what is gone is noticed by the next renewal.
      error: (error: unknown) => {
        this.emit({ type: 'error', name: '', at: runtime.clock.date(), error: errorOf(error) });
      },
    });
  }

  /** Nothing new begins. */
  get closed(): boolean {
    return this.phase !== 'open';
  }

  /** Nothing happens any more. */
  get isDisposed(): boolean {
    return this.phase === 'closed';
  }

  get isIdle(): boolean {
    return this.keeper.size === 0 && this.releases.size === 0;
  }

  /**
   * Tells it on `events$`. Nothing is told unless somebody listens: the events of 10,000 locks cost nothing.
   *
   * @param before Is done first; what comes of it is told after this.
   */
  emit(event: LocksEvent, before?: () => void): void {
    if (this.events.observed) this.telling.tell(loggable(event), before);
    else before?.();
  }

  /** The number of the next who asks. */
  nextContender(): number {
    return ++this.contenderCount;
  }

  /** Gives back a grant that nobody waits for any more. */
  discard(grant: Grant, name: string, ttl: number): void {
    this.releases.push({
      name,
      grant,
      ttl,
      keepFor: 0,
      answered: (outcome, cause) => {
        this.emit({ type: 'release', name, at: this.runtime.clock.date(), outcome, cause: causeOf(cause) });
      },
    });
  }

  /** Is the lock of this name, as the service knows it, one of ours? */
  holds(name: string): boolean {
    return this.keeper.oneOf(resourceOf(name, undefined)) !== undefined;
  }

  /**
   * Warns, once for an outage, of a service that is out of reach of somebody who waits. Not in virtual time.
   *
   * @param what He waits for, for people.
   * @param limit Says how he can end that, if he can.
   * @returns Was it said?
   */
  warnOfOutage(what: string, cause: LockError, limit = ''): boolean {
    if (!this.isReal || this.hasWarned(UNREACHABLE)) return false;
    this.warn(
      UNREACHABLE,
      `still waiting for ${what}, because the service cannot be asked: ${cause.message}. It is asked again and again${limit}`,
    );
    return true;
  }

  /** The service answers again to one who found it out of reach. */
  outageIsOver(): void {
    this.warned.delete(UNREACHABLE);
  }

  /** Tells, once, of work that `close()` has waited for in vain. Why it did not stop is not known here. */
  warnOfClose(name: string): void {
    this.warn(
      'RXLOCK_CLOSE_WITHIN',
      `the work under the lock '${name}' did not stop in time; close() goes on without it. Does it await this close()?`,
    );
  }

  hasWarned(code: string): boolean {
    return this.warned.has(code);
  }

  /** Each is said once. */
  warn(code: string, text: string): void {
    if (this.hasWarned(code)) return;
    this.warned.add(code);
    warn(text, code);
  }

  closedError(name?: string): LockClosedError {
    return new LockClosedError('these locks were closed', { name });
  }

  unsupportedError(what: string): LockUnsupportedError {
    return new LockUnsupportedError(`${this.backend.name} has no ${what}`);
  }

  /** @throws LockClosedError */
  requireOpen(): void {
    if (this.closed) throw this.closedError();
  }

  /** Emits nothing, and fails with `LockClosedError` as soon as these locks begin to close. For `takeUntil`. */
  closed$(title?: string): Observable<never> {
    return new Observable((sink) => {
      if (this.closed) {
        sink.error(this.closedError(title));
        return;
      }
      const waiting: Waiting = {
        spot: -1,
        request: { title },
        fail: (error) => {
          endStream(sink, { error });
        },
      };
      this.contenders.add(waiting);
      sink.add(() => this.contenders.delete(waiting));
    });
  }

  /** @internal Called when a lease left the keeper or a release was answered. */
  changed(): void {
    if (this.closed) this.changes.next();
  }

  private revoke(revocation: Revocation | null | undefined): void {
    // What names no grants is about none. A backend may be anybody's.
    if (!Array.isArray(revocation?.grants)) return;
    const { grants, reason, cause } = revocation;
    this.keeper.revoke(grants, reason, cause);
    this.changed();
  }

  dispose(): void {
    this.phase = 'closed';
    reportErrors(() => {
      this.revocations?.unsubscribe();
    });
    this.keeper.stop();
    this.releases.stop();
    this.telling.tell('end');
  }

  /** The turn is over: has the releases sent, and the timer armed. */
  private endTurn(): void {
    try {
      this.releases.flush();
    } finally {
      this.keeper.arm();
    }
  }
}
