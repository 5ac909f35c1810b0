import {
  catchError,
  concat,
  concatMap,
  defer,
  EMPTY,
  from,
  ignoreElements,
  map,
  of,
  repeat,
  takeUntil,
  takeWhile,
  timer,
  type Observable,
} from 'rxjs';
import { resolveRetry } from '../../retry-policy.js';
import type { Runtime } from '../../types.js';
import { errorOf, isLeaseGone, isOk, isSessionGone, isUnderstood } from './answer.js';
import type { Api } from './api.js';
import { idField, textField } from './json.js';
import { endOf, type Session } from './session.js';

/** A lock that nobody is to have is asked for in order to learn its lease, for as short as can be. Seconds. */
const SHORTEST = 1;
const CONFLICT = 409;
const RETRY = resolveRetry({ initial: '200ms', max: '5s', jitter: 'none' });

export interface RetirementOptions {
  readonly api: Api;
  readonly runtime: Runtime;
  readonly closed$: Observable<unknown>;
  /** The service does not know the session any more. */
  readonly lose: (session: Session, cause: unknown) => void;
  /** It has ended by itself: nothing more is to be done for it. */
  readonly forget: (session: Session) => void;
  readonly delete: (session: Session) => Observable<void>;
}

/**
 * Clears up sessions under which something may have happened that nobody knows of: a request that was never answered.
 *
 * A session under which nothing is held is deleted, and that frees whatever there is. As long as something is held, each
 * name under suspicion is asked for again, because the same session gets the same lease, and then released by that.
 */
export class Retirement {
  private readonly sessions = new Set<Session>();

  constructor(private readonly options: RetirementOptions) {}

  /**
   * Starts, unless it has started already.
   *
   * @param after Milliseconds that the service wants to be left alone for.
   */
  begin(session: Session, after: number): void {
    if (session.gone || this.sessions.has(session)) return;
    this.sessions.add(session);
    const { scheduler, random } = this.options.runtime;
    const pause = (tries: number): Observable<unknown> => timer(RETRY.delay(tries, random), scheduler);
    timer(after, scheduler)
      .pipe(
        concatMap(() => defer(() => this.clear(session)).pipe(repeat({ delay: pause }))),
        takeWhile((done) => !done),
        takeUntil(this.options.closed$),
      )
      .subscribe({ complete: () => this.sessions.delete(session) });
  }

  /** Emits whether nothing is left to do. */
  private clear(session: Session): Observable<boolean> {
    const now = this.options.runtime.clock.elapsed();
    if (session.gone || now >= endOf(session.bound)) {
      this.options.forget(session);
      return of(true);
    }
    if (session.held.size === 0) {
      return this.options.delete(session).pipe(
        map(() => true),
        catchError(() => of(false)),
      );
    }
    for (const [name, until] of session.suspects) if (until <= now) session.suspects.delete(name);
    const cleared$ = from([...session.suspects.keys()]).pipe(
      concatMap((name) => this.clearName(session, name)),
      ignoreElements(),
      catchError(() => EMPTY),
    );
    // What is still held ends the session later, when it is held no more.
    return concat(
      cleared$,
      defer(() => of(session.suspects.size === 0 && session.held.size > 0)),
    );
  }

  private clearName(session: Session, name: string): Observable<void> {
    const { api } = this.options;
    const path = `/locks/${encodeURIComponent(name)}`;
    const ask = { ttl_seconds: SHORTEST, session_id: session.id, ephemeral: true };
    return api
      .call({ what: 'acquire the lock', lock: name, method: 'POST', path: `${path}/acquire`, body: ask, lane: 'hold' })
      .pipe(
        concatMap((answer) => {
          const leaseId = idField(answer.json, 'lease_id');
          if (isOk(answer) && leaseId !== undefined) {
            const body = { lease_id: leaseId };
            return api.call({
              what: 'release the lock',
              lock: name,
              method: 'POST',
              path: `${path}/release`,
              body,
              lane: 'hold',
            });
          }
          if (isSessionGone(answer)) this.options.lose(session, errorOf(answer));
          // Any proxy can answer 200: only the service knows that somebody else has it.
          if (isOk(answer) && textField(answer.json, 'status') !== 'held') throw errorOf(answer);
          return of(answer);
        }),
        map((answer) => {
          if (!isUnderstood(answer) && answer.status !== CONFLICT && !isLeaseGone(answer)) throw errorOf(answer);
          session.suspects.delete(name);
        }),
      );
  }
}
