import type { Observable, Observer } from 'rxjs';
import { LockError } from '../contract/errors.js';
import type { CompositeLease, Lease } from '../contract/lease.js';
import type { Work } from '../contract/locks.js';
import type { DrainOptions } from '../contract/options.js';
import { Hold, type Failure } from '../values/hold.js';
import { lossOf } from '../values/loss-of.js';
import { requireFunction } from '../values/require-function.js';
import { wasGivenBack } from '../values/was-given-back.js';
import { endOfWait, type LeaseEvent } from './first-lease.js';
import { splitUsingOptions } from './promised-options.js';

/**
 * Takes a lock, runs work under it, and gives it back once the work has settled.
 *
 * When the work is asked to stop (`until`, `maxHold`, `close()`), the lock waits for it as long as `drainTimeout` says;
 * then it runs out. So do, when one of several locks was lost, the others.
 *
 * @param names Of the lock, or of all of them: for errors.
 * @param lock$ Makes the stream. What it throws rejects the promise.
 * @param options Those of the lock, and `drainTimeout`: the ttl if undefined.
 * @param refused What it means that no lease was given: throws that error, or has a result in its place.
 * @returns The result of the work. Rejects with its error; with `LockLostError` if the lock was lost before it had settled;
 * if it did not stop in time, with what has ended the lock (`LockClosedError`), or `LockTimeoutError`, which is not `retryable`: the
 * work still runs; without a lease, as the stream does.
 */
export function workUnder<O extends DrainOptions, L extends Lease<unknown>, R, N = never>(
  names: string | readonly string[],
  lock$: (acquiring: Omit<O, 'drainTimeout'> | undefined) => Observable<LeaseEvent<L>>,
  work: Work<L, R>,
  options: O | undefined,
  refused: (error: unknown) => N = rethrow,
): Promise<R | N> {
  return new Promise<R | N>((resolve, reject) => {
    // Before the lock is taken: nobody should have to wait for it to learn that.
    requireFunction('work', work, 'it comes after the name and the ttl');
    const { acquiring, drainTimeout } = splitUsingOptions(options);
    const missed = (error: unknown): void => {
      try {
        resolve(refused(error));
      } catch (failure) {
        reject(failure);
      }
    };
    lock$(acquiring).subscribe(new Errand(names, work, drainTimeout, { missed, resolve, reject }));
  });
}

function rethrow(error: unknown): never {
  throw error;
}

/** Who is told what came of it. */
interface Outcome<R> {
  missed(error: unknown): void;
  resolve(result: Promise<R>): void;
  reject(error: unknown): void;
}

/** One lock, and the one piece of work that it is for. */
class Errand<L extends Lease<unknown>, R> implements Observer<LeaseEvent<L>> {
  private isGranted = false;
  /** What the stream has failed with after the grant. */
  private failure: Failure | undefined;
  /** The lock is to go: why, if there is a word for it. */
  private stopping: { readonly reason: Failure | undefined } | undefined;
  /** Until it is let go. */
  private hold: Hold<L> | undefined;
  private result: Promise<R> | undefined;

  constructor(
    private readonly names: string | readonly string[],
    private readonly work: Work<L, R>,
    private readonly drainTimeout: number | undefined,
    private readonly outcome: Outcome<R>,
  ) {}

  next({ type, lease }: LeaseEvent<L>): void {
    if (type === 'acquired') void this.start(lease as L);
    else if (type === 'released' || type === 'detached') this.stop(undefined);
    else if (type === 'lost') this.lost(lease as L);
  }

  error(error: unknown): void {
    if (!this.isGranted) this.outcome.missed(error);
    else this.stop((this.failure = { error }));
  }

  complete(): void {
    if (!this.isGranted) this.outcome.missed(endOfWait(this.names));
  }

  /** In a turn of its own, after which the lock may have been given back, or lost. */
  private async start(lease: L): Promise<void> {
    this.isGranted = true;
    await Promise.resolve();
    const hold = (this.hold = new Hold(lease, this.drainTimeout));
    this.result = this.run(lease);
    // The work itself may have brought its end about.
    if (this.stopping !== undefined) this.limit(this.stopping.reason);
    await settled(this.result);
    // It was not waited for any longer: what it says is told where somebody may still hear it.
    if (this.hold === undefined) {
      this.result.catch((error: unknown) => {
        hold.failLate(error);
      });
      return;
    }
    this.hold = undefined;
    if (this.stopping === undefined) hold.end({}, () => undefined);
    await lease.release();
    this.outcome.resolve(this.result);
  }

  private async run(lease: L): Promise<R> {
    // These locks were closed, say, before the work could begin.
    if (this.failure !== undefined) throw this.failure.error;
    try {
      lease.assertHeld();
      const result = await this.work(lease);
      assertNotLost(lease);
      return result;
    } catch (error) {
      // Work that stopped as it was told to has nothing to say of its own.
      if ((error as { readonly name?: unknown } | null | undefined)?.name === 'AbortError') assertNotLost(lease);
      throw error;
    }
  }

  /** Where the lock is held no more, the work is not in anybody's way. */
  private stop(reason: Failure | undefined): void {
    if (this.hold?.lease.isHeld !== true) return;
    this.stopping = { reason };
    this.limit(reason);
  }

  /** Of several locks those that are left wait for the work, too. */
  private lost(lease: L): void {
    const { leases = [] } = lease as Partial<CompositeLease>;
    if (!leases.some(({ isHeld }) => isHeld)) return;
    this.stopping = { reason: { error: lossOf(lease) } };
    this.limit(this.stopping.reason);
  }

  /** The lock waits for the work, but not for ever. */
  private limit(reason: Failure | undefined): void {
    const { hold, result } = this;
    if (hold === undefined || result === undefined) return;
    hold.end({ stopped: settled(result), why: reason }, ({ failure }) => {
      if (failure === undefined) return;
      this.hold = undefined;
      this.outcome.reject(reason === undefined || isRetryable(reason.error) ? failure.error : reason.error);
    });
  }
}

/** Nobody may be told to try again what is still under way. */
function isRetryable(error: unknown): boolean {
  return error instanceof LockError && error.retryable;
}

/** Resolves when a promise has settled. */
function settled(promise: Promise<unknown>): Promise<void> {
  const done = (): void => undefined;
  return promise.then(done, done);
}

/** Work that gave its lock back itself is fine. */
function assertNotLost(lease: Lease<unknown>): void {
  try {
    lease.assertHeld();
  } catch (error) {
    if (!wasGivenBack(error)) throw error;
  }
}
