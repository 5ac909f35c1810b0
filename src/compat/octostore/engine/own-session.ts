import { defer, filter, finalize, merge, Observable, Subject, takeUntil } from 'rxjs';
import type { Api } from '../../../backends/octostore/wire/api.js';
import { Claim } from '../../../backends/octostore/sessions/name-queue.js';
import { Held, type OctoStoreSession } from '../../../backends/octostore/sessions/session.js';
import { Sessions } from '../../../backends/octostore/sessions/sessions.js';
import { endOf } from '../../../keeping/bounds.js';
import { SAFETY_FACTOR } from '../../../keeping/lease-rule.js';
import { reportErrors } from '../../../values/report-errors.js';
import type { Runtime } from '../../../contract/time.js';
import { KeptSession, type KeptSessionOptions } from './kept-session.js';
import type { KnownLease, Leases } from './leases.js';

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
    return endOf(bound, SAFETY_FACTOR);
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
    this.keptAlive(session)
      .pipe(
        takeUntil(merge(needless$, this.closed$)),
        finalize(() => {
          this.kept.delete(session);
          leave();
        }),
      )
      .subscribe({
        error: (cause: unknown) => {
          // What has run out by itself is not lost.
          if (this.isNeeded(session)) this.lose(session, cause);
        },
      });
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

  /** Completes when nothing hangs on it any more, errors when it is lost. */
  private keptAlive(session: OctoStoreSession): Observable<never> {
    const options: KeptSessionOptions = {
      runtime: this.options.runtime,
      isNeeded: (one) => this.isNeeded(one),
      keepAlive: (one) => this.sessions.keepAlive(one),
    };
    return new Observable((sink) => {
      const kept = new KeptSession(session, options, sink);
      return () => {
        kept.stop();
      };
    });
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
