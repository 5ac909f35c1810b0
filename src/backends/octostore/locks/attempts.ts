import { catchError, concatMap, map, Observable, of, throwError } from 'rxjs';
import { demanded } from '../../../values/demanded.js';
import { LockNetworkError, type LockError } from '../../../contract/errors.js';
import type { AcquireRequest, AcquireSignal, Grant } from '../../../contract/backend.js';
import { errorOf, isOk, isSessionGone, type Answer } from '../wire/answer.js';
import type { Api } from '../wire/api.js';
import type { OctoStoreBook } from './book.js';
import { dateField, idField, textField, tokenField } from '../wire/json.js';
import { isUnfenced, unfencedError } from '../wire/unfenced-error.js';
import { Claim } from '../sessions/name-queue.js';
import { Pending } from '../client/pending.js';
import { refuseRequest } from '../client/refuse-request.js';
import type { Held, OctoStoreSession } from '../sessions/session.js';
import { wholeSeconds } from '../../../values/whole-seconds.js';

const CONFLICT = 409;
/** How often one attempt may find that its session has ended, before it gives up. */
const SESSIONS = 3;

/** How one attempt ended. */
type Outcome =
  | { readonly type: 'granted'; readonly held: Held }
  | { readonly type: 'refused'; readonly signal: AcquireSignal }
  | { readonly type: 'failed'; readonly error: LockError }
  | { readonly type: 'session-gone'; readonly error: LockError };

/** An answer that does not tell what the service did. */
class Unsure {
  constructor(readonly error: LockError) {}
}

export interface OctoStoreAttemptsOptions {
  readonly api: Api;
  readonly book: OctoStoreBook;
  /** How long one request may take. Milliseconds. */
  readonly timeout: number;
}

/** Asks for locks: one attempt at a time for each name, under the client's session. */
export class OctoStoreAttempts {
  private readonly pending = new Pending();

  constructor(private readonly options: OctoStoreAttemptsOptions) {}

  acquire(request: AcquireRequest): Observable<AcquireSignal> {
    return new Observable((sink) => {
      this.pending.enter(sink);
      if (sink.closed) return;
      const refusal = refuseRequest(request, 'OctoStore has no semaphores');
      if (refusal !== undefined) {
        sink.error(refusal);
        return;
      }
      const { queue } = this.options.book;
      const owner = queue.owner(request.name);
      // One that is leaving is gone in a moment, and was not asked to wait for.
      if (owner !== undefined && owner.state !== 'leaving') {
        const holder = owner.state === 'held' ? owner.holder : undefined;
        if (!request.wait) {
          sink.next({ type: 'held', holder });
          sink.complete();
          return;
        }
        sink.next({ type: 'queued', holder });
        if (sink.closed) return;
      }
      const claim = new Claim<Held>(request.name, request.holder);
      const attempt$ = this.attempt(request, claim);
      const granted$ = queue.take(claim) ? attempt$ : queue.enter(claim).pipe(concatMap(() => attempt$));
      granted$.subscribe(sink);
    });
  }

  /** Errors every pending attempt. */
  close(): void {
    this.pending.close();
  }

  /** Once the name is ours. Leaves the name again, unless the lock is granted. */
  private attempt(request: AcquireRequest, claim: Claim<Held>, tries = 1): Observable<AcquireSignal> {
    const { book } = this.options;
    return new Observable<AcquireSignal>((sink) => {
      let asked = false;
      // Whoever leaves before anything was sent leaves nothing behind.
      sink.add(() => {
        if (!asked) book.queue.leave(claim);
        else if (claim.state === 'asking') claim.state = 'leaving';
      });
      const askUnder = (session: OctoStoreSession): Observable<Outcome> => {
        asked = true;
        const outcome$ = book.sessions.using(session, this.ask(session, request, claim));
        return persevering(outcome$, (outcome) => {
          this.orphaned(outcome, request, claim);
        });
      };
      const { fresh } = book.sessions;
      const outcome$ = fresh === undefined ? book.sessions.usable().pipe(concatMap(askUnder)) : askUnder(fresh);
      outcome$.pipe(concatMap((outcome) => this.conclude(outcome, request, claim, tries))).subscribe(sink);
    });
  }

  private conclude(
    outcome: Outcome,
    request: AcquireRequest,
    claim: Claim<Held>,
    tries: number,
  ): Observable<AcquireSignal> {
    const { book } = this.options;
    if (outcome.type === 'granted') {
      const { held } = outcome;
      const bounds = book.tell(held);
      book.queue.hold(claim);
      return of({ type: 'granted', grant: held.grant, bounds });
    }
    if (outcome.type === 'session-gone' && tries < SESSIONS) return this.attempt(request, claim, tries + 1);
    book.queue.leave(claim);
    return outcome.type === 'refused' ? of(outcome.signal) : throwError(() => outcome.error);
  }

  /** The answer came when nobody waited for it any more. */
  private orphaned(outcome: Outcome, request: AcquireRequest, claim: Claim<Held>): void {
    const { book } = this.options;
    if (outcome.type !== 'granted') {
      book.queue.leave(claim);
      return;
    }
    book.tell(outcome.held);
    book.queue.hold(claim);
    claim.state = 'leaving';
    // Once this client is closed its session is gone, and the lock with it.
    if (!this.pending.closed) request.stray(outcome.held.grant);
  }

  /**
   * Emits one outcome, and never errors. A request that may have been granted unseen is repeated at once: the same
   * session gets the same lease, so the second answer tells. If that fails too, the session is retired.
   */
  private ask(session: OctoStoreSession, request: AcquireRequest, claim: Claim<Held>): Observable<Outcome> {
    const { timeout, book } = this.options;
    let left = false;
    const sent = (): void => {
      left = true;
    };
    const post = (within: number): Observable<Outcome> => this.post(session, request, claim, within, sent);
    return post(timeout).pipe(
      catchError((first: unknown) => {
        const isUnsure = first instanceof Unsure;
        const error = isUnsure ? first.error : (first as LockError);
        const isLost = left && error instanceof LockNetworkError;
        if (!isUnsure && !isLost) return of(failed(error));
        const after = demanded(error);
        const again$ = after > 0 || this.pending.closed ? of(failed(error)) : post(timeout / 2);
        return again$.pipe(
          catchError(() => of(failed(error))),
          map((outcome) => {
            if (outcome.type !== 'failed') return outcome;
            book.suspect(session, request.name, request.ttl, after);
            return failed(error);
          }),
        );
      }),
    );
  }

  /** Errors with `Unsure`, or with what the request failed with. */
  private post(
    session: OctoStoreSession,
    request: AcquireRequest,
    claim: Claim<Held>,
    within: number,
    sent: () => void,
  ): Observable<Outcome> {
    const { name, ttl, metadata } = request;
    const body = { ttl_seconds: wholeSeconds(ttl), session_id: session.id, ephemeral: true, metadata };
    const path = `/locks/${encodeURIComponent(name)}/acquire`;
    return this.options.api
      .call({ what: 'acquire the lock', lock: name, method: 'POST', path, body, within, sent })
      .pipe(map((answer) => this.read(answer, session, request, claim)));
  }

  private read(answer: Answer, session: OctoStoreSession, request: AcquireRequest, claim: Claim<Held>): Outcome {
    const { json, status, retryAfter, code } = answer;
    const { name, ttl, holder } = request;
    const { api, book } = this.options;
    const said = textField(json, 'status');
    if (isOk(answer)) {
      if (said === 'held') return refused({ ...heldFields(answer), retryAfter });
      const leaseId = idField(json, 'lease_id');
      const fencingToken = tokenField(json, 'fencing_token');
      if (leaseId !== undefined && isUnfenced(json, 'fencing_token')) {
        // What was granted ends with its session.
        book.suspect(session, name, ttl, 0);
        return failed(unfencedError(name, api.where));
      }
      if (leaseId === undefined || fencingToken === undefined) throw new Unsure(errorOf(answer));
      const grant: Grant = { name, fencingToken, holder, metadata: textField(json, 'metadata') };
      const bound = { sentAt: answer.sentAt, ttl: wholeSeconds(ttl) * 1000 };
      return { type: 'granted', held: book.enter(grant, leaseId, session, claim, bound) };
    }
    if (status === CONFLICT && said === 'delayed') {
      return refused({ expiresAt: dateField(json, 'available_at'), retryAfter, binding: true });
    }
    if (status === CONFLICT && (code === 'conflict' || textField(json, 'holder_id') !== undefined)) {
      return refused({ ...heldFields(answer), retryAfter });
    }
    const error = errorOf(answer);
    if (isSessionGone(answer)) {
      book.sessions.lose(session, error);
      return { type: 'session-gone', error };
    }
    // Of what did not come from the service itself nobody knows what it did before.
    if (error instanceof LockNetworkError && code === undefined) throw new Unsure(error);
    return failed(error);
  }
}

/** Is not torn down with its subscriber: a request that was sent may be granted, and then somebody must know. */
function persevering<T>(source: Observable<T>, orphaned: (value: T) => void): Observable<T> {
  return new Observable((sink) => {
    source.subscribe({
      next: (value) => {
        if (sink.closed) orphaned(value);
        else sink.next(value);
      },
      error: (error: unknown) => {
        sink.error(error);
      },
      complete: () => {
        sink.complete();
      },
    });
  });
}

function heldFields({ json }: Answer): { readonly holder: string | undefined; readonly expiresAt: number | undefined } {
  return { holder: textField(json, 'holder_id'), expiresAt: dateField(json, 'expires_at') };
}

function refused(fields: Omit<Extract<AcquireSignal, { readonly type: 'held' }>, 'type'>): Outcome {
  return { type: 'refused', signal: { type: 'held', ...fields } };
}

function failed(error: LockError): Outcome & { readonly type: 'failed' } {
  return { type: 'failed', error };
}
