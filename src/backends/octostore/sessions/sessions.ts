import {
  AsyncSubject,
  catchError,
  concatMap,
  defer,
  EMPTY,
  finalize,
  from,
  ignoreElements,
  map,
  merge,
  mergeMap,
  Observable,
  of,
  share,
  Subject,
  takeUntil,
  throwError,
  timer,
} from 'rxjs';
import { LockUnsupportedError } from '../../../contract/errors.js';
import type { Bound, Revocation } from '../../../contract/backend.js';
import type { Runtime } from '../../../contract/time.js';
import { errorOf, isOk, isSessionGone, isUnderstood, type Answer } from '../wire/answer.js';
import type { Api } from '../wire/api.js';
import { retryCutOff } from '../wire/retry-cut-off.js';
import { confirmedField, idField, textField } from '../wire/json.js';
import { Retirement } from './retirement.js';
import { endOf, OctoStoreSession, type Held } from './session.js';

/** A session is confirmed again before a new lock is taken under it once this part of its ttl has passed. */
const FRESH = 1 / 3;
/** A keep-alive that is under way answers for another one for this part of the session's ttl: it may have hung. */
const SHARED = 1 / 20;

const NOT_FOUND = 404;

/** How long `close()` takes at most. Milliseconds. */
const CLOSING = 2000;

/** A keep-alive that is under way. */
interface Beat {
  readonly sentAt: number;
  readonly bound$: Observable<Bound>;
}

export interface SessionsOptions {
  readonly api: Api;
  readonly runtime: Runtime;
  /** Milliseconds asked for. */
  readonly ttl: number;
  /** What was held under a session that is gone. */
  readonly lost: (held: readonly Held[], revocation: Revocation) => void;
}

/**
 * The sessions of a client: one that new locks are taken under, opened when it is first needed, and those of before on
 * which locks still hang.
 *
 * Nothing here runs on a timer: a session is kept alive by the renewals of its locks, and one without locks ends by
 * itself; before it is used again its age tells whether to ask.
 */
export class Sessions {
  private readonly known = new Set<OctoStoreSession>();
  private readonly retirement: Retirement;
  private readonly beats = new Map<OctoStoreSession, Beat>();
  private readonly closed$ = new Subject<void>();
  private current: OctoStoreSession | undefined;
  private opening$: Observable<OctoStoreSession> | undefined;
  private closed = false;

  constructor(private readonly options: SessionsOptions) {
    const { api, runtime } = options;
    this.retirement = new Retirement({
      api,
      runtime,
      closed$: this.closed$,
      lose: (session, cause) => {
        this.lose(session, cause);
      },
      forget: (session) => {
        this.forget(session);
      },
      delete: (session) => this.delete(session),
    });
  }

  /** The session under which a lock may be taken at once, if there is one. */
  get fresh(): OctoStoreSession | undefined {
    const { current: session } = this;
    return session !== undefined && this.ageOf(session) < session.bound.ttl * FRESH ? session : undefined;
  }

  /** A session under which a lock may be taken now: to be subscribed to at once. */
  usable(): Observable<OctoStoreSession> {
    const { current: session, fresh } = this;
    if (fresh !== undefined) return of(fresh);
    if (session === undefined) return this.open();
    if (this.ageOf(session) >= session.bound.ttl) {
      this.current = undefined;
      return this.open();
    }
    return this.keepAlive(session).pipe(
      // Meanwhile something may have happened there that nobody knows of.
      concatMap(() => (session.retired ? this.usable() : of(session))),
      catchError((error: unknown) => (session.gone ? this.open() : throwError(() => error))),
    );
  }

  /** Emits the new bound. Errors if the service did not confirm it; `session.gone` tells whether that is final. */
  keepAlive(session: OctoStoreSession): Observable<Bound> {
    return defer(() => {
      const now = this.options.runtime.clock.elapsed();
      const { beats } = this;
      let beat = beats.get(session);
      if (beat === undefined || now - beat.sentAt >= session.bound.ttl * SHARED) {
        const bound$ = this.beat(session).pipe(
          finalize(() => {
            if (beats.get(session) === beat) beats.delete(session);
          }),
          // It is for every lock of the session, not just for those of whoever asked first.
          share({ connector: () => new AsyncSubject(), resetOnRefCountZero: false }),
        );
        beat = { sentAt: now, bound$ };
        beats.set(session, beat);
      }
      return beat.bound$;
    });
  }

  /** The service does not know it any more: whatever was held under it is lost. */
  lose(session: OctoStoreSession, cause?: unknown): void {
    if (session.gone) return;
    const held = [...session.held];
    this.forget(session);
    this.options.lost(held, { grants: held.map(({ grant }) => grant), reason: 'session', cause });
  }

  /**
   * Takes no more locks under it, because something may have happened there that nobody knows of, and the same session
   * would be given the same lease again.
   *
   * @param after Milliseconds that the service wants to be left alone for.
   */
  retire(session: OctoStoreSession, after = 0): void {
    if (this.current === session) this.current = undefined;
    session.retired = true;
    if (!this.closed && !session.isShared) this.retirement.begin(session, after);
  }

  /** A lock that hangs on it is handed on: from here on it ends only when nobody keeps it alive any more. */
  share(session: OctoStoreSession): void {
    session.isShared = true;
    session.retired = true;
    this.known.delete(session);
    if (this.current === session) this.current = undefined;
  }

  /** One of another client, on which a lock hangs that was handed on to this one. Not confirmed yet. */
  foreign(id: string, ttl: number): OctoStoreSession {
    // So old that nobody believes in it, and that the first renewal of the lock confirms it as well.
    const sentAt = this.options.runtime.clock.elapsed() - 0.9 * ttl;
    const session = new OctoStoreSession(id, { sentAt, ttl });
    session.isShared = true;
    session.retired = true;
    return session;
  }

  /** Something that was held under it is not any more. */
  dropped({ session }: Held): void {
    this.endIfDone(session);
  }

  /** For an attempt under it, which may be granted at any moment: it is not ended before that is over. */
  using<T>(session: OctoStoreSession, attempt$: Observable<T>): Observable<T> {
    return new Observable((sink) => {
      session.asking++;
      sink.add(() => {
        session.asking--;
        this.endIfDone(session);
      });
      attempt$.subscribe(sink);
    });
  }

  /** Deletes every session, and so frees what is still held. Never errors. */
  close(): Observable<never> {
    return defer(() => {
      this.closed = true;
      this.closed$.next();
      const now = this.options.runtime.clock.elapsed();
      const known = [...this.known].filter((session) => now < endOf(session.bound));
      return merge(from(known), this.opening$ ?? EMPTY);
    }).pipe(
      mergeMap((session) => this.delete(session, CLOSING).pipe(catchError(() => EMPTY))),
      catchError(() => EMPTY),
      ignoreElements(),
      // A session that is still being opened may take its time, or a user's function that gives the token.
      takeUntil(timer(CLOSING, this.options.runtime.scheduler)),
    );
  }

  /** How long ago it was last confirmed. Milliseconds. */
  private ageOf({ bound }: OctoStoreSession): number {
    return this.options.runtime.clock.elapsed() - bound.sentAt;
  }

  private endIfDone(session: OctoStoreSession): void {
    if (session.retired && !session.isUsed) this.retire(session);
  }

  private open(): Observable<OctoStoreSession> {
    const { api, ttl } = this.options;
    const body = { ttl_seconds: ttl / 1000 };
    const call = { what: 'open a session', method: 'POST', path: '/sessions', body, lane: 'hold' } as const;
    return (this.opening$ ??= api.call(call).pipe(
      map((answer) => this.opened(answer)),
      finalize(() => (this.opening$ = undefined)),
      // Whoever asked first may leave: the session is there for the next.
      share({ connector: () => new AsyncSubject(), resetOnRefCountZero: false }),
    ));
  }

  private opened(answer: Answer): OctoStoreSession {
    const id = idField(answer.json, 'session_id');
    // A server of the older kind says so itself; a page of some proxy says nothing.
    if (answer.status === NOT_FOUND && textField(answer.json, 'error') !== undefined) {
      throw new LockUnsupportedError('the server has no sessions of OctoStore, which rxlock needs; is baseUrl right?');
    }
    const ttl = confirmedTtl(answer, this.options.ttl);
    if (!isOk(answer) || id === undefined || ttl === 0) throw errorOf(answer);
    const session = new OctoStoreSession(id, { sentAt: answer.sentAt, ttl });
    this.forgetEnded(answer.sentAt);
    this.known.add(session);
    this.current = session;
    return session;
  }

  private beat(session: OctoStoreSession): Observable<Bound> {
    const call = {
      what: 'keep the session alive',
      method: 'POST',
      path: `${session.path}/keepalive`,
      lane: 'hold',
    } as const;
    return this.options.api.call(call).pipe(
      map((answer) => {
        if (isSessionGone(answer)) this.lose(session, errorOf(answer));
        if (!isOk(answer) || textField(answer.json, 'expires_at') === undefined) throw errorOf(answer);
        if (answer.sentAt > session.bound.sentAt) session.bound = { sentAt: answer.sentAt, ttl: session.bound.ttl };
        this.dropEnded(session, answer.sentAt);
        return session.bound;
      }),
    );
  }

  private delete(session: OctoStoreSession, within?: number): Observable<void> {
    if (session.gone) return of(undefined);
    const call = { what: 'end the session', method: 'DELETE', path: session.path, lane: 'hold' } as const;
    return this.options.api.call(within === undefined ? call : { ...call, within }).pipe(
      retryCutOff(),
      map((answer) => {
        if (!isUnderstood(answer) && !isSessionGone(answer)) throw errorOf(answer);
        this.forget(session);
      }),
    );
  }

  /** A lock whose holder let it run out leaves no other trace. */
  private dropEnded(session: OctoStoreSession, now: number): void {
    for (const held of session.held) if (endOf(held.bound) < now) session.held.delete(held);
  }

  private forgetEnded(now: number): void {
    for (const session of this.known) if (now > endOf(session.bound)) this.forget(session);
  }

  private forget(session: OctoStoreSession): void {
    session.gone = true;
    session.held.clear();
    session.suspects.clear();
    this.known.delete(session);
    this.beats.delete(session);
    if (this.current === session) this.current = undefined;
  }
}

/** The service keeps to its own limits, and tells by how often it wants to hear from us: at half of the ttl. */
function confirmedTtl({ json }: Answer, asked: number): number {
  const half = confirmedField(json, 'keepalive_interval_secs');
  if (half === undefined) return asked;
  const told = half * 2000;
  return told + 1000 >= asked ? asked : told;
}
