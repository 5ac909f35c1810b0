import { asapScheduler, Subject, type SchedulerLike, type Subscription } from 'rxjs';
import { isRealTime } from './clock.js';
import { LockClosedError } from './errors.js';
import { Keeper } from './keeper.js';
import type { HeldLease } from './lease.js';
import { Releases } from './releases.js';
import type { Grant, LockBackend, LocksEvent, Runtime } from './types.js';

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
  private readonly turns: SchedulerLike;
  private turn: Subscription | undefined;
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
  ) {
    // Real time ends a turn with a microtask; virtual time, with the rest of its frame.
    this.turns = isRealTime(runtime.scheduler) ? asapScheduler : runtime.scheduler;
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

  private planTurn(): void {
    if (this.turn?.closed === false) return;
    const turn = this.turns.schedule(() => {
      this.turn = undefined;
      try {
        this.releases.flush();
      } finally {
        this.keeper.arm();
      }
    });
    this.turn = turn;
    if (this.turns !== asapScheduler) return;
    // RxJS cancels all that is planned for this turn if something else in it throws.
    turn.add(() => {
      if (this.turn === turn) this.planTurn();
    });
  }
}
