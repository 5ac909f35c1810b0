import {
  catchError,
  defer,
  EMPTY,
  filter,
  finalize,
  map,
  merge,
  mergeMap,
  type Observable,
  of,
  repeat,
  Subject,
  take,
  takeUntil,
  takeWhile,
  tap,
  timer,
} from 'rxjs';
import type { Api } from '../../../backends/octostore/wire/api.js';
import { Claim } from '../../../backends/octostore/sessions/name-queue.js';
import { Held, type OctoStoreSession } from '../../../backends/octostore/sessions/session.js';
import { Sessions } from '../../../backends/octostore/sessions/sessions.js';
import { RENEW_RATIO, SAFETY_FACTOR } from '../../../keeping/lease-rule.js';
import { demanded } from '../../../values/demanded.js';
import { reportErrors } from '../../../values/report-errors.js';
import type { Runtime } from '../../../contract/time.js';
import type { KnownLease, Leases } from './leases.js';

/** How long until a keep-alive that got no answer is followed by another. Milliseconds. */
const PAUSE = 1000;

export interface OwnSessionOptions {
  readonly api: Api;
  readonly runtime: Runtime;
  /** Milliseconds. */
  readonly ttl: number;
  readonly leases: Leases;
  readonly lost: (name: string, leaseId: string) => void;
}

/** A session of this client's own, kept alive for as long as a lease hangs on it. */
export class OwnSession {
  private readonly sessions: Sessions;
  private readonly kept = new Set<OctoStoreSession>();
  /** What may be granted once more when its user has given it back, and for how long. Milliseconds. */
  private readonly doubts = new WeakMap<KnownLease, number>();
  private readonly dropped$ = new Subject<void>();
  private readonly closed$ = new Subject<void>();

  constructor(private readonly options: OwnSessionOptions) {
    const { api, runtime, ttl } = options;
    const lost = (): void => {
      this.report();
    };
    this.sessions = new Sessions({ api, runtime, ttl, lost });
  }

  /** Emits a session under which a lock may be taken now. */
  usable(): Observable<OctoStoreSession> {
    return this.sessions.usable();
  }

  /** An attempt is under way there: it is not ended before this is called back. */
  enter(session: OctoStoreSession): () => void {
    const held = placeholder(session);
    return () => {
      session.held.delete(held);
      this.sessions.dropped(held);
    };
  }

  /** On `clock.elapsed`: until when what hangs on it is believed in. */
  believedUntil({ bound }: OctoStoreSession): number {
    return bound.sentAt + bound.ttl * SAFETY_FACTOR;
  }

  /** A lease hangs on it. */
  keep(session: OctoStoreSession): void {
    if (session.gone) {
      this.report();
      return;
    }
    if (this.kept.has(session)) return;
    this.kept.add(session);
    const leave = this.enter(session);
    const needless$ = this.dropped$.pipe(filter(() => !this.isNeeded(session)));
    defer(() => this.confirmed(session))
      .pipe(
        repeat(),
        map(() => this.isNeeded(session)),
        takeWhile((isNeeded) => isNeeded),
        takeUntil(merge(needless$, this.closed$)),
        finalize(() => {
          this.kept.delete(session);
          leave();
        }),
      )
      .subscribe();
  }

  /**
   * Something may be granted there that nobody knows of, now or when a request that hung arrives: whoever is next is
   * another owner, and what is granted late ends with the session.
   *
   * @param ttl Milliseconds.
   * @param after Milliseconds that the server wants to be left alone for.
   */
  suspect(session: OctoStoreSession, name: string, ttl: number, after = 0): void {
    if (session.gone) return;
    const { leases, runtime } = this.options;
    const held = leases.known().find((lease) => lease.session === session && lease.name === name);
    // As long as its user has it, the server gives out nothing but the same lease.
    if (held !== undefined) {
      this.doubts.set(held, ttl);
      return;
    }
    session.suspects.set(name, runtime.clock.elapsed() + after + ttl);
    this.sessions.retire(session, after);
  }

  /** A lease was given back: a session without any needs nobody, and must not keep the process alive. */
  dropped(lease: KnownLease): void {
    const ttl = this.doubts.get(lease);
    if (ttl !== undefined && lease.session !== undefined) this.suspect(lease.session, lease.name, ttl);
    this.dropped$.next();
  }

  /** The server does not know it any more. */
  lose(session: OctoStoreSession, cause: unknown): void {
    this.sessions.lose(session, cause);
    this.report();
  }

  /** Ends every session, and so frees what hangs on it. Never errors. */
  close(): Observable<never> {
    return defer(() => {
      this.closed$.next();
      return this.sessions.close();
    });
  }

  /** Emits once, when the session was confirmed again or is lost. */
  private confirmed(session: OctoStoreSession): Observable<unknown> {
    const { clock, scheduler } = this.options.runtime;
    const { sentAt, ttl } = session.bound;
    const age = clock.elapsed() - sentAt;
    let notBefore = 0;
    const wait = (retryAfter: number): void => {
      notBefore = clock.elapsed() + retryAfter;
    };
    const beat$ = timer(Math.max(0, ttl * RENEW_RATIO - age), PAUSE, scheduler).pipe(
      filter(() => clock.elapsed() >= notBefore),
      mergeMap(() => (this.isNeeded(session) ? this.beat(session, wait) : of(undefined))),
    );
    const late$ = timer(Math.max(0, ttl * SAFETY_FACTOR - age), scheduler).pipe(
      tap(() => {
        this.lose(session, undefined);
      }),
    );
    return merge(beat$, late$).pipe(take(1));
  }

  /** Emits when it was confirmed, or is no more. */
  private beat(session: OctoStoreSession, wait: (retryAfter: number) => void): Observable<unknown> {
    return this.sessions.keepAlive(session).pipe(
      catchError((error: unknown) => {
        if (session.gone) return of(undefined);
        wait(demanded(error));
        return EMPTY;
      }),
    );
  }

  private isNeeded(session: OctoStoreSession): boolean {
    // One that ended by itself told nobody.
    if (session.gone) this.report();
    return this.options.leases.current().some((lease) => lease.session === session);
  }

  private report(): void {
    const { leases, lost } = this.options;
    for (const { name, id, session } of leases.known()) {
      if (session?.gone !== true) continue;
      leases.drop(id);
      reportErrors(() => {
        lost(name, id);
      });
    }
  }
}

/** For as long as it is there, a session that is retired is not ended. */
function placeholder(session: OctoStoreSession): Held {
  const grant = { name: '', fencingToken: undefined, holder: '', metadata: undefined };
  return new Held(grant, '', session, new Claim('', ''), { sentAt: 0, ttl: Infinity });
}
