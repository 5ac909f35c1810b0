import {
  catchError,
  concat,
  concatMap,
  defer,
  EMPTY,
  from,
  ignoreElements,
  of,
  repeat,
  startWith,
  Subject,
  switchMap,
  take,
  takeUntil,
  takeWhile,
  timer,
  type Observable,
} from 'rxjs';
import { demanded } from '../../../values/demanded.js';
import { resolveRetry } from '../../../values/retry-policy.js';
import type { Runtime } from '../../../contract/time.js';
import type { Api } from '../wire/api.js';
import { releaseUnseen } from './release-unseen.js';
import { endOf, type OctoStoreSession } from './session.js';

/** A request that hung may arrive late: a name stays under suspicion, and is looked at again this often. Milliseconds. */
const AGAIN = 5000;
/** So long, at most, the end of a session is tried: then it runs out by itself, and no process stays for it. Milliseconds. */
const EFFORT = 10_000;
const RETRY = resolveRetry({ initial: '200ms', max: '5s', jitter: 'none' });

export interface RetirementOptions {
  readonly api: Api;
  readonly runtime: Runtime;
  readonly closed$: Observable<unknown>;
  /** The service does not know the session any more. */
  readonly lose: (session: OctoStoreSession, cause: unknown) => void;
  /** It has ended by itself: nothing more is to be done for it. */
  readonly forget: (session: OctoStoreSession) => void;
  readonly delete: (session: OctoStoreSession) => Observable<void>;
}

/** When a session is dealt with next. All times are on `clock.elapsed`. */
interface Plan {
  /** By what is known so far. */
  next: number;
  /** By what the service demands: never shortened. */
  notBefore: number;
  /** How many rounds in a row have failed. */
  failures: number;
  /** Since when it has been there for nobody, if it is. */
  unusedSince: number | undefined;
  readonly changed$: Subject<void>;
}

/**
 * Clears up sessions under which something may have happened that nobody knows of: a request that was never answered.
 *
 * A session that nobody uses is deleted, and that frees whatever there is. As long as it is used, each
 * name under suspicion is asked for again and again, because the same session gets the same lease, and released by that.
 */
export class Retirement {
  private readonly plans = new Map<OctoStoreSession, Plan>();

  constructor(private readonly options: RetirementOptions) {}

  /**
   * Starts, or, where it has started already, has another look at once.
   *
   * @param after Milliseconds that the service wants to be left alone for.
   */
  begin(session: OctoStoreSession, after: number): void {
    if (session.gone) return;
    const now = this.now();
    const plan = this.plans.get(session);
    if (plan === undefined) {
      this.start(session, {
        next: now,
        notBefore: now + after,
        failures: 0,
        unusedSince: session.isUsed ? undefined : now,
        changed$: new Subject(),
      });
      return;
    }
    plan.unusedSince = session.isUsed ? undefined : (plan.unusedSince ?? now);
    // A service that is down is asked no more often for that.
    if (plan.failures === 0) plan.next = Math.min(plan.next, now);
    if (after > 0) plan.notBefore = Math.max(plan.notBefore, now + after);
    plan.changed$.next();
  }

  private start(session: OctoStoreSession, plan: Plan): void {
    this.plans.set(session, plan);
    this.due(session, plan)
      .pipe(
        concatMap(() => this.round(session, plan)),
        repeat(),
        takeWhile((done) => !done),
        takeUntil(this.options.closed$),
      )
      .subscribe({ complete: () => this.plans.delete(session) });
  }

  private now(): number {
    return this.options.runtime.clock.elapsed();
  }

  private isOver({ gone, bound }: OctoStoreSession): boolean {
    return gone || this.now() >= endOf(bound);
  }

  /** When it is left to itself: nothing that is there can be in anybody's way any more, or it was tried for long enough. */
  private giveUpAt(session: OctoStoreSession, { failures, notBefore, unusedSince }: Plan): number {
    const isHopeful = failures === 0 && notBefore <= this.now();
    if (unusedSince === undefined || session.isUsed || isHopeful) return Infinity;
    return Math.min(Math.max(unusedSince, notBefore) + EFFORT, session.doubtedUntil);
  }

  /** Emits when the next round is due, which may change meanwhile, or the session ends by itself. */
  private due(session: OctoStoreSession, plan: Plan): Observable<unknown> {
    const { scheduler } = this.options.runtime;
    // Whatever the service demands, nothing is left to wait for then, and a timer keeps the process alive.
    const at = (): number => Math.min(dueAt(plan), endOf(session.bound), this.giveUpAt(session, plan));
    return plan.changed$.pipe(
      startWith(undefined),
      switchMap(() => timer(Math.max(0, Math.ceil(at() - this.now())), scheduler)),
      take(1),
    );
  }

  /** Emits whether nothing is left to do. */
  private round(session: OctoStoreSession, plan: Plan): Observable<boolean> {
    return defer(() => {
      if (this.now() >= this.giveUpAt(session, plan)) return of(true);
      // What is held there was renewed meanwhile, and has moved the end.
      if (this.now() < dueAt(plan) && !this.isOver(session)) return of(false);
      // Whoever begins meanwhile wants another round at once.
      plan.next = Infinity;
      let failed = false;
      const fail = (error: unknown): Observable<never> => {
        failed = true;
        const after = demanded(error);
        if (after > 0) plan.notBefore = Math.max(plan.notBefore, this.now() + after);
        return EMPTY;
      };
      const done$ = defer(() => {
        plan.failures = failed ? plan.failures + 1 : 0;
        const pause = failed ? RETRY.delay(plan.failures, this.options.runtime.random) : AGAIN;
        plan.next = Math.min(plan.next, this.now() + pause);
        // What is still held ends the session later, when it is held no more.
        return of(session.gone || (session.suspects.size === 0 && session.isUsed));
      });
      return concat(this.clear(session, plan, fail), done$);
    });
  }

  /** Completes when all is done that can be done now. */
  private clear(session: OctoStoreSession, plan: Plan, fail: (error: unknown) => Observable<never>): Observable<never> {
    if (this.isOver(session)) {
      this.options.forget(session);
      return EMPTY;
    }
    if (!session.isUsed) return this.options.delete(session).pipe(ignoreElements(), catchError(fail));
    const now = this.now();
    for (const [name, until] of session.suspects) if (until <= now) session.suspects.delete(name);
    const { notBefore } = plan;
    // Since this round began the service may have demanded to be left alone.
    const isWelcome = (): boolean => plan.notBefore <= Math.max(notBefore, this.now());
    return from([...session.suspects.keys()]).pipe(
      concatMap((name) => (isWelcome() ? releaseUnseen(session, name, this.options) : EMPTY).pipe(catchError(fail))),
    );
  }
}

function dueAt({ next, notBefore }: Plan): number {
  return Math.max(next, notBefore);
}
