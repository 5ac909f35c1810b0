import { AsyncSubject, catchError, concatMap, defer, from, map, merge, mergeMap, Observable, of, share } from 'rxjs';
import type { Bound, Grant, Renewal } from '../../../contract/backend.js';
import type { Runtime } from '../../../contract/time.js';
import { errorOf, isLeaseGone, isOk, isSessionGone, type Answer } from '../wire/answer.js';
import type { Api } from '../wire/api.js';
import type { OctoStoreBook } from './book.js';
import { dateField, textField } from '../wire/json.js';
import { endOf, type Held, type OctoStoreSession } from '../sessions/session.js';
import { wholeSeconds } from '../../../values/whole-seconds.js';

/** How many renewals of one batch are under way at once; there are connections for more, so that batches do not wait for each other. */
const CONCURRENCY = 8;
/** A bound that is older than this part of its ttl is renewed along with another. */
const STALE = 0.2;
/** A bound that was confirmed within this part of its ttl needs no further request. */
const NEWS = 0.1;
/** A bound that ends within this multiple of the time that the first has left is worth waiting for. */
const SOON = 1.5;

export interface OctoStoreRenewalsOptions {
  readonly api: Api;
  readonly book: OctoStoreBook;
  readonly runtime: Runtime;
}

type Verdict =
  { readonly outcome: 'confirmed' } | { readonly outcome: 'refused' | 'unknown'; readonly cause?: unknown };

/** What one grant of a batch needs. */
interface Plan {
  readonly index: number;
  readonly held: Held;
  readonly ttl: number;
  /** Which bound ends first: that one decides the answer. */
  readonly first: 'lock' | 'session';
  readonly lock: boolean;
  readonly session: boolean;
  /** The answer waits for the session. */
  readonly awaited: boolean;
}

const CONFIRMED: Verdict = { outcome: 'confirmed' };

/** Renews what is due: each lock by a request of its own, and each session once for all of its locks in the batch. */
export class OctoStoreRenewals {
  constructor(private readonly options: OctoStoreRenewalsOptions) {}

  renew(grants: readonly Grant[], ttls: readonly number[]): Observable<Renewal> {
    return defer(() => {
      const now = this.options.runtime.clock.elapsed();
      const over: Renewal[] = [];
      const plans: Plan[] = [];
      grants.forEach((grant, index) => {
        const held = this.options.book.find(grant);
        if (held === undefined) over.push({ index, outcome: 'refused' });
        else plans.push(planOf(index, held, ttls[index] as number, now));
      });
      const beats = new Map<OctoStoreSession, Observable<Verdict>>();
      for (const { held, session } of plans) {
        if (!session || beats.has(held.session)) continue;
        const verdict$ = this.confirmSession(held.session);
        beats.set(held.session, verdict$.pipe(share({ connector: () => new AsyncSubject(), resetOnComplete: false })));
      }
      const direct$ = from(plans.filter(({ lock }) => !lock)).pipe(
        mergeMap((plan) => this.conclude(plan, CONFIRMED, beats)),
      );
      const locks$ = from(plans.filter(({ lock }) => lock)).pipe(
        mergeMap((plan) => this.confirmLock(plan).pipe(map((verdict) => ({ plan, verdict }))), CONCURRENCY),
        mergeMap(({ plan, verdict }) => this.conclude(plan, verdict, beats)),
      );
      const answer$ = merge(from(over), direct$, locks$);
      return new Observable<Renewal>((sink) => {
        // Each beat is sent, even where no answer waits for it, and before anything that may queue up.
        sink.add(merge(...beats.values()).subscribe());
        answer$.subscribe(sink);
      });
    });
  }

  private conclude(
    plan: Plan,
    lock: Verdict,
    beats: ReadonlyMap<OctoStoreSession, Observable<Verdict>>,
  ): Observable<Renewal> {
    const session$ = (plan.awaited ? beats.get(plan.held.session) : undefined) ?? of(CONFIRMED);
    return session$.pipe(map((session) => this.answer(plan, lock, session)));
  }

  private answer({ index, held, first }: Plan, lock: Verdict, session: Verdict): Renewal {
    for (const verdict of [lock, session]) {
      if (verdict.outcome === 'refused') return { index, outcome: 'refused', cause: verdict.cause };
    }
    const decisive = first === 'lock' ? lock : session;
    if (decisive.outcome === 'confirmed') return { index, outcome: 'renewed', bounds: this.options.book.tell(held) };
    return { index, outcome: 'unknown', cause: decisive.cause };
  }

  private confirmLock({ held, ttl }: Plan): Observable<Verdict> {
    const { api } = this.options;
    const { name } = held.grant;
    const seconds = wholeSeconds(ttl);
    const path = `/locks/${encodeURIComponent(name)}/renew`;
    const body = { lease_id: held.leaseId, ttl_seconds: seconds };
    return defer(() => api.call({ what: 'renew the lock', lock: name, method: 'POST', path, body, lane: 'hold' })).pipe(
      concatMap((answer) => {
        if (confirms(answer, held)) {
          if (answer.sentAt > held.bound.sentAt) held.bound = { sentAt: answer.sentAt, ttl: seconds * 1000 };
          return of(CONFIRMED);
        }
        return isLeaseGone(answer) ? this.refused(answer, held) : of(unknown(errorOf(answer)));
      }),
      catchError((error: unknown) => of(unknown(error))),
    );
  }

  /** If it is the session that has ended, all that hangs on it is told so first. */
  private refused(answer: Answer, held: Held): Observable<Verdict> {
    const verdict: Verdict = { outcome: 'refused', cause: errorOf(answer) };
    const checked$ = isSessionGone(answer) ? this.confirmSession(held.session) : of(CONFIRMED);
    return checked$.pipe(
      map(() => {
        this.options.book.settle(held);
        return verdict;
      }),
    );
  }

  private confirmSession(session: OctoStoreSession): Observable<Verdict> {
    return this.options.book.sessions.keepAlive(session).pipe(
      map(() => CONFIRMED),
      catchError((cause: unknown) => of<Verdict>(session.gone ? { outcome: 'refused', cause } : unknown(cause))),
    );
  }
}

/** Any proxy can answer 200, but not with our lease. */
function confirms(answer: Answer, { leaseId }: Held): boolean {
  return (
    isOk(answer) && textField(answer.json, 'lease_id') === leaseId && dateField(answer.json, 'expires_at') !== undefined
  );
}

function unknown(cause: unknown): Verdict {
  return { outcome: 'unknown', cause };
}

function planOf(index: number, held: Held, ttl: number, now: number): Plan {
  const lock = held.bound;
  const session = held.session.bound;
  // Another ttl than before is worth a request, and nothing else is an answer to that.
  const isNew = ttl !== lock.ttl;
  const first = isNew || endOf(lock) <= endOf(session) ? 'lock' : 'session';
  const left = Math.min(endOf(lock), endOf(session)) - now;
  const isNews = ({ sentAt, ttl: whole }: Bound, told: number): boolean => sentAt > told && now - sentAt < whole * NEWS;
  const isStale = ({ sentAt, ttl: whole }: Bound): boolean => now - sentAt >= whole * STALE;
  const isDue = first === 'lock' ? isNew || !isNews(lock, held.told.lock) : !isNews(session, held.told.session);
  const isSoon = (bound: Bound): boolean => endOf(bound) - now <= left * SOON;
  const sendSession = first === 'session' ? isDue : isStale(session);
  return {
    index,
    held,
    ttl,
    first,
    // A lock that has long to go is not worth a wait, and the next renewal takes it along.
    lock: first === 'lock' ? isDue : isStale(lock) && isSoon(lock),
    session: sendSession,
    awaited: sendSession && (first === 'session' || isSoon(session)),
  };
}
