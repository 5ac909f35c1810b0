import {
  AsyncSubject,
  catchError,
  concatMap,
  endWith,
  finalize,
  map,
  merge,
  of,
  take,
  timer,
  type Observable,
  type Subscriber,
} from 'rxjs';
import { isSessionGone, type Answer } from '../../../backends/octostore/wire/answer.js';
import type { OctoStoreSession } from '../../../backends/octostore/sessions/session.js';
import { demanded } from '../../../values/demanded.js';
import { SAFETY_FACTOR } from '../../../keeping/lease-rule.js';
import { LockNetworkError } from '../../../contract/errors.js';
import { cleanUp, type CleanUpOptions } from './clean-up.js';
import { NetworkError } from '../document/errors.js';
import { acquireCall, anyNonce, grantOf, heldBy, isProven, type Granted } from './grant.js';
import type { OwnSession } from './own-session.js';
import { exactly } from '../document/read.js';
import { refusalOf, translated } from '../document/translate.js';
import type { AcquireResult } from '../document/types.js';

/** How often one attempt may find that its session has ended, before it gives up. */
const SESSIONS = 3;
/** How long a caller waits for the clean-up after a time-out, and after a cancellation. It goes on by itself. Milliseconds. */
const PATIENCE = 1000;
const CANCELLED = 250;
/** How long a clean-up is tried at most. Milliseconds. */
const CLEANING = 30_000;
/** By how much the server's clock may be behind ours. Milliseconds. */
const MARGIN = 1000;

/** How an attempt ended. After `unsure`, the lock may be ours without anybody knowing. */
type Outcome =
  | { readonly type: 'granted'; readonly granted: Granted; readonly session: OctoStoreSession | undefined }
  | { readonly type: 'unsure'; readonly error: unknown; readonly session: OctoStoreSession | undefined }
  | { readonly type: 'failed'; readonly error: unknown }
  /** Nothing has happened: the session was no more. */
  | { readonly type: 'ended' };

/** One call of `acquireLock`. */
export interface Acquire {
  readonly name: string;
  /** Seconds. */
  readonly ttl: number;
  /** Milliseconds. */
  readonly within: number;
  /** Errors when the call is cancelled. */
  readonly cancelled$: Observable<never>;
}

export interface AcquisitionOptions extends CleanUpOptions {
  /** Without one, the token is the owner. */
  readonly session: OwnSession | undefined;
}

/** One attempt to acquire: it is over when nothing is left of it, be that long after its caller has gone. */
export class Acquisition {
  /** Completes when it is over. */
  readonly over$ = new AsyncSubject<never>();
  /** On `clock.elapsed`: until then, a release that is still on its way could hit what the next attempt is granted. */
  mindedUntil = 0;
  private readonly nonce: string;
  private sent = false;
  private isWanted = true;

  /**
   * @param call What is asked for.
   * @param deadline On `clock.elapsed`: when the caller wants an answer.
   * @param options What all attempts of a client share.
   * @param sink The caller.
   */
  constructor(
    private readonly call: Acquire,
    private readonly deadline: number,
    private readonly options: AcquisitionOptions,
    private readonly sink: Subscriber<AcquireResult>,
  ) {
    this.nonce = anyNonce(options.runtime.random);
  }

  start(): void {
    const { sink } = this;
    const asking = this.ask().subscribe((outcome) => {
      this.conclude(outcome);
    });
    const leave = (): void => {
      this.isWanted = false;
      // Nothing was sent, so there is nothing to clean up. Else somebody must know whether it is granted.
      if (this.sent || asking.closed) return;
      asking.unsubscribe();
      this.over$.complete();
    };
    sink.add(leave);
    const cancel = (reason: unknown): void => {
      leave();
      this.fail(reason, CANCELLED);
    };
    sink.add(this.call.cancelled$.subscribe({ error: cancel }));
  }

  private conclude(outcome: Outcome): void {
    switch (outcome.type) {
      case 'granted':
        this.grant(outcome.granted, outcome.session);
        break;
      case 'unsure':
        this.giveUp(outcome.error, outcome.session);
        break;
      case 'failed':
        this.failed(outcome.error);
        break;
      case 'ended':
        this.failed(endedError(this.call.name));
    }
  }

  private grant(granted: Granted, session: OctoStoreSession | undefined): void {
    const { name, ttl } = this.call;
    const { leases, session: own, runtime } = this.options;
    const { leaseId, token, expiresAt, sentAt } = granted;
    const unwanted = (error: unknown): void => {
      if (isProven(granted, session, this.nonce)) this.giveUp(error, session, leaseId);
      // Another process may hold it under the same token: it runs out by itself.
      else this.failed(error);
    };
    if (!this.isWanted) {
      unwanted(undefined);
      return;
    }
    const believed = session === undefined ? Infinity : (own?.believedUntil(session) ?? Infinity);
    if (runtime.clock.elapsed() >= Math.min(sentAt + ttl * 1000 * SAFETY_FACTOR, believed)) {
      unwanted(new NetworkError('the grant came after its time was over', { name }));
      return;
    }
    let fence: { readonly fencing_token?: number };
    try {
      fence = token === undefined ? {} : { fencing_token: exactly(token, name) };
    } catch (error) {
      unwanted(error);
      return;
    }
    // A server without tokens lists 0.
    leases.add({ name, id: leaseId, fencingToken: fence.fencing_token ?? 0, session, endsAt: sentAt + ttl * 1000 });
    if (session !== undefined) own?.keep(session);
    this.over$.complete();
    const times = expiresAt === undefined ? {} : { expires_at: expiresAt };
    this.sink.next({ status: 'acquired', lease_id: leaseId, ...fence, ...times });
    this.sink.complete();
  }

  private failed(error: unknown): void {
    this.over$.complete();
    if (this.isWanted) this.sink.error(error);
  }

  /** Cleans up, and tells the caller. */
  private giveUp(error: unknown, session: OctoStoreSession | undefined, leaseId?: string): void {
    const { name, ttl } = this.call;
    const { runtime, session: own } = this.options;
    const now = runtime.clock.elapsed();
    // A session is ended if need be: that is surer than to try again under it.
    const until = session === undefined ? now + Math.min(CLEANING, ttl * 1000) : now;
    const suspect = (): void => {
      if (session !== undefined) own?.suspect(session, name, ttl * 1000, demanded(error));
    };
    if (this.isWanted) this.fail(error, PATIENCE);
    // A request that hung may arrive after all cleaning.
    if (leaseId === undefined) suspect();
    cleanUp({ name, session, nonce: this.nonce, leaseId, until }, this.options).subscribe(
      ({ confirmed, learnedAt }) => {
        if (!confirmed && leaseId !== undefined) suspect();
        if (!confirmed && session === undefined && learnedAt !== undefined) {
          this.mindedUntil = learnedAt + ttl * 1000 + MARGIN;
        }
        this.over$.complete();
      },
    );
  }

  /** The caller is told once all is over, or when that takes too long. */
  private fail(error: unknown, patience: number): void {
    const tell = (): void => {
      this.sink.error(error);
    };
    const late$ = timer(patience, this.options.runtime.scheduler);
    this.sink.add(
      merge(this.over$.pipe(endWith(undefined)), late$)
        .pipe(take(1))
        .subscribe({ complete: tell }),
    );
  }

  /** Emits one outcome, and never errors. */
  private ask(tries = 1): Observable<Outcome> {
    const { session } = this.options;
    const session$: Observable<OctoStoreSession | undefined> = session === undefined ? of(undefined) : session.usable();
    return session$.pipe(
      concatMap((usable) => {
        const leave = usable === undefined ? undefined : session?.enter(usable);
        return this.post(usable).pipe(finalize(() => leave?.()));
      }),
      catchError((error: unknown) => of<Outcome>({ type: 'failed', error: translated(error) })),
      concatMap((outcome) =>
        outcome.type === 'ended' && tries < SESSIONS && this.isWanted ? this.ask(tries + 1) : of(outcome),
      ),
    );
  }

  /** A connection that broke off is followed by another at once: the same owner gets the same lease, so its answer tells. */
  private post(session: OctoStoreSession | undefined, isSecond = false): Observable<Outcome> {
    const { api, runtime } = this.options;
    let left = isSecond;
    const sent = (): void => {
      left = true;
      this.sent = true;
    };
    const within = Math.max(1, Math.ceil(this.deadline - runtime.clock.elapsed()));
    return api.call({ ...acquireCall(this.call.name, this.call.ttl, session, this.nonce), within, sent }).pipe(
      map((answer) => this.read(answer, session)),
      catchError((error: unknown) => {
        if (!left || !(error instanceof LockNetworkError)) {
          return of<Outcome>({ type: 'failed', error: translated(error) });
        }
        const isCutOff = error.cause !== undefined;
        if (isCutOff && !isSecond && this.isWanted) return this.post(session, true);
        return of<Outcome>({ type: 'unsure', error: translated(error), session });
      }),
    );
  }

  private read(answer: Answer, session: OctoStoreSession | undefined): Outcome {
    const granted = grantOf(answer);
    // What was granted under a session that has ended since is gone with it.
    if (granted !== undefined)
      return session?.gone === true ? { type: 'ended' } : { type: 'granted', granted, session };
    const held = heldBy(answer);
    if (held !== undefined) return { type: 'failed', error: held };
    const error = refusalOf(answer);
    if (session !== undefined && isSessionGone(answer)) {
      this.options.session?.lose(session, error);
      return { type: 'ended' };
    }
    // Of what did not come from the service itself nobody knows what it did before.
    const isUnsure = error instanceof NetworkError && (answer.code === undefined || answer.status >= 500);
    return isUnsure ? { type: 'unsure', error, session } : { type: 'failed', error };
  }
}

function endedError(name: string): NetworkError {
  return new NetworkError('each session of this client ended at once', { name });
}
