import { asyncScheduler, Subject, type Subscriber, type Subscription } from 'rxjs';
import { isRealTime, isVirtual } from '../values/clock.js';
import { LockClosedError } from '../contract/errors.js';
import { Keeper } from '../keeping/keeper.js';
import type { HeldLease } from '../lease/held-lease.js';
import { Releases } from '../keeping/releases.js';
import { reportErrors } from '../values/report-errors.js';
import type { LockRequest } from './lock-request.js';
import type { Grant, LockBackend } from '../contract/backend.js';
import type { LockEvent, LocksEvent } from '../contract/lease.js';
import type { Runtime } from '../contract/time.js';

const SETTLED = Promise.resolve();

/** Somebody who waits for a lock. */
interface Waiting {
  readonly request: { readonly title: string };
  fail(error: unknown): void;
}

/** What all locks of one `Locks` share: the keeper, the releases, the events, and the end of it all. */
export class Core {
  readonly keeper: Keeper;
  readonly releases: Releases;
  readonly events = new Subject<LocksEvent>();
  /** Those whose lock was not granted at once. */
  readonly contenders = new Set<Waiting>();
  closed = false;
  isDisposed = false;
  private readonly revocations: Subscription | undefined;
  /** Epoch milliseconds of its making. */
  readonly epoch: number;
  private readonly isReal: boolean;
  private isTurnPlanned = false;
  private isVisiting = false;
  private warned = false;
  /** Emits whenever something that was held, or on its way back, is gone; only once these locks are closing. */
  readonly changes = new Subject<void>();
  /** Emits when these locks are closed for good. */
  readonly disposed = new Subject<void>();

  constructor(
    readonly backend: LockBackend,
    readonly runtime: Runtime,
    readonly holder: string,
    readonly prefix: string,
    /** Contends for a lock, and holds it: what `lock.ts` composes. */
    readonly contend: (request: LockRequest, sink: Subscriber<LockEvent>) => void,
  ) {
    this.epoch = runtime.clock.date();
    // Real time ends a turn with a microtask; virtual time, with the rest of its frame.
    this.isReal = isRealTime(runtime.scheduler);
    const turn = (): void => {
      this.planTurn();
    };
    this.keeper = new Keeper(runtime, backend, turn);
    this.releases = new Releases(runtime, backend, turn, () => {
      this.changed();
    });
    // A source that is read once a tick must know where it began.
    runtime.clock.sync?.();
    this.revocations = backend.revoked$?.subscribe(({ grants, reason, cause }) => {
      this.keeper.revoke(grants, reason, cause);
      this.changed();
    });
  }

  get isIdle(): boolean {
    return this.keeper.size === 0 && this.releases.size === 0;
  }

  /** Nothing is told unless somebody listens: the events of 10,000 locks cost nothing. */
  emit(event: LocksEvent): void {
    if (this.events.observed) this.events.next(event);
  }

  /** Gives back a grant that nobody waits for any more. */
  discard(grant: Grant, name: string): void {
    this.releases.push({
      name,
      grant,
      keepFor: 0,
      answered: (outcome, cause) => {
        this.emit({ type: 'release', name, at: this.runtime.clock.date(), outcome, cause });
      },
    });
  }

  /** Is it one of ours that has this name? */
  holds(name: string, limit: number | undefined): boolean {
    return this.keeper.all().some((kept) => (kept as HeldLease).isOf(name, limit));
  }

  /** Waiting for oneself is a deadlock if the waiter is what keeps the lock. Said once. */
  warnOfSelf(name: string): void {
    if (this.warned) return;
    this.warned = true;
    const text = `the lock '${name}' is held by this very Locks: if its holder waits for this one, neither ever ends`;
    if (typeof process === 'undefined') console.warn(`rxlock: ${text}`);
    else process.emitWarning(text, 'RxLockWarning', 'RXLOCK_SELF');
  }

  closedError(name?: string): LockClosedError {
    return new LockClosedError('these locks were closed', { name });
  }

  /** @throws LockClosedError */
  requireOpen(): void {
    if (this.closed) throw this.closedError();
  }

  /** @internal Called when a lease left the keeper or a release was answered. */
  changed(): void {
    if (this.closed) this.changes.next();
  }

  dispose(): void {
    this.revocations?.unsubscribe();
    this.isDisposed = true;
    this.keeper.stop();
    this.releases.stop();
    this.disposed.next();
    this.events.complete();
  }

  /** Has the releases sent, and the timer armed, once everything that goes on now is over. */
  private planTurn(): void {
    if (this.isTurnPlanned) return;
    this.isTurnPlanned = true;
    // What `asapScheduler` does, for a third of its price; but in run mode its time is virtual, and a promise's is not.
    if (this.isReal && !isVirtual()) {
      void SETTLED.then(this.endTurn);
      return;
    }
    if (this.isReal) this.visit();
    // Not `asapScheduler`, which a run that throws may leave waiting for an end of the turn that never comes.
    const scheduler = this.isReal ? asyncScheduler : this.runtime.scheduler;
    // A scheduler that gives up what it has planned gives up this as well.
    scheduler.schedule(this.endTurn).add(() => {
      this.isTurnPlanned = false;
    });
  }

  /** Real locks in a TestScheduler's run. It is over when promises settle: what it had planned by then never comes. */
  private visit(): void {
    if (this.isVisiting) return;
    this.isVisiting = true;
    const leave = this.keeper.setAside();
    void SETTLED.then(() => {
      this.isVisiting = false;
      leave();
      this.endTurn();
    });
  }

  private readonly endTurn = (): void => {
    this.isTurnPlanned = false;
    reportErrors(() => {
      try {
        this.releases.flush();
      } finally {
        this.keeper.arm();
      }
    });
  };
}
