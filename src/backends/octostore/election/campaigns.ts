import {
  concat,
  concatMap,
  defer,
  filter,
  finalize,
  ignoreElements,
  map,
  Observable,
  of,
  startWith,
  Subject,
  take,
  takeUntil,
  timer,
} from 'rxjs';
import { LockNetworkError } from '../../../contract/errors.js';
import type { AcquireRequest, AcquireSignal, Bound, Grant } from '../../../contract/backend.js';
import type { Runtime } from '../../../contract/time.js';
import { errorOf, isOk, type Answer } from '../wire/answer.js';
import type { Api } from '../wire/api.js';
import { field, idField, integerField, textField } from '../wire/json.js';
import { lateError } from '../wire/late-error.js';
import { isUnfenced, unfencedError } from '../wire/unfenced-error.js';
import { Pending } from '../client/pending.js';
import { refuseRequest } from '../client/refuse-request.js';
import { wholeSeconds } from '../../../values/whole-seconds.js';
import type { Candidates } from './candidates.js';
import { electionError } from './election-error.js';
import { electionPath } from './election-id.js';
import { readElection } from './read-election.js';
import { confirmedTtl, type Mandates } from './mandates.js';
import type { Offices } from './offices.js';

/**
 * What is campaigned for: the shortest ttl that there is. A leadership whose answer is lost can be given back by nobody,
 * as nobody knows its token, and keeps everybody out for so long. Milliseconds.
 */
export const SHORTEST = 5000;
/** How long `close()` waits for answers, and for resignations after that. Milliseconds. */
const CLOSING = 2000;
const WHAT = 'elect a leader';

/** A leadership, for as long as it was campaigned for. */
interface Elected {
  readonly type: 'elected';
  readonly grant: Grant;
  readonly bound: Bound;
}

type Verdict = Elected | Extract<AcquireSignal, { readonly type: 'held' }>;

export interface CampaignsOptions {
  readonly api: Api;
  readonly runtime: Runtime;
  readonly candidates: Candidates;
  readonly offices: Offices;
  readonly mandates: Mandates;
  /** How long one request may take. Milliseconds. */
  readonly timeout: number;
}

/** Asks to lead. A campaign is not repeated by itself: a candidate that leads already is answered that it follows. */
export class Campaigns {
  private readonly pending = new Pending();
  /** Those whose answer may still come, whether or not anybody waits for it. */
  private readonly unanswered = new Set<object>();
  private readonly answered$ = new Subject<void>();

  constructor(private readonly options: CampaignsOptions) {}

  acquire(request: AcquireRequest): Observable<AcquireSignal> {
    return new Observable((sink) => {
      this.pending.enter(sink);
      if (sink.closed) return;
      const refusal = refuseRequest(request, 'an election has one leader');
      if (refusal !== undefined) {
        sink.error(refusal);
        return;
      }
      this.campaign(request)
        .pipe(concatMap((verdict) => (verdict.type === 'elected' ? this.assume(request, verdict) : of(verdict))))
        .subscribe(sink);
    });
  }

  /** Errors every pending attempt, and resigns from all that was won. Never errors. */
  close(): Observable<never> {
    const { mandates, offices, runtime } = this.options;
    return defer(() => {
      this.pending.close();
      const quiet$ = this.answered$.pipe(
        startWith(undefined),
        filter(() => this.unanswered.size === 0),
        take(1),
        takeUntil(timer(CLOSING, runtime.scheduler)),
      );
      return concat(
        quiet$,
        defer(() => mandates.resign(offices.held, CLOSING)),
      ).pipe(ignoreElements());
    });
  }

  /** Is not torn down with its subscriber once it was sent: it may be won, and then somebody must know. */
  private campaign(request: AcquireRequest): Observable<Verdict> {
    const { api, candidates, runtime, timeout } = this.options;
    const { name, holder, metadata } = request;
    return new Observable((sink) => {
      const candidate = candidates.issue(holder);
      const campaign = {};
      let left = false;
      const asking = api
        .call({
          what: WHAT,
          lock: name,
          method: 'POST',
          path: `${electionPath(name)}/campaign`,
          body: { candidate_id: candidate, ttl_seconds: SHORTEST / 1000, metadata },
          // What is won later than this is over by itself.
          within: Math.max(timeout, SHORTEST),
          sent: () => {
            left = true;
            this.unanswered.add(campaign);
          },
        })
        .pipe(
          map((answer) => this.read(answer, request, candidate)),
          finalize(() => {
            this.unanswered.delete(campaign);
            this.answered$.next();
          }),
        )
        .subscribe({
          next: (verdict) => {
            if (!sink.closed) sink.next(verdict);
            // After `close()` all that was won is given up in one go.
            else if (verdict.type === 'elected' && !this.pending.closed) request.stray(verdict.grant);
          },
          error: (error: unknown) => {
            sink.error(error);
          },
          complete: () => {
            sink.complete();
          },
        });
      sink.add(() => {
        if (!left) asking.unsubscribe();
      });
      const late = (): void => {
        sink.error(lateError(WHAT, name, timeout, api.where));
      };
      sink.add(runtime.scheduler.schedule(late, timeout));
    });
  }

  /** Makes a leadership as long as was asked for, before anybody is told. */
  private assume(request: AcquireRequest, { grant, bound }: Elected): Observable<AcquireSignal> {
    const { name, ttl } = request;
    if (wholeSeconds(ttl) * 1000 <= SHORTEST) return of({ type: 'granted', grant, bounds: [bound] });
    return new Observable((sink) => {
      let assumed = false;
      sink.add(() => {
        if (!assumed && !this.pending.closed) request.stray(grant);
      });
      this.options.mandates
        .extend(grant, ttl)
        .pipe(
          map((renewal): AcquireSignal => {
            if (renewal.outcome !== 'renewed') {
              throw new LockNetworkError('a leadership could not be confirmed', { name, cause: renewal.cause });
            }
            assumed = true;
            return { type: 'granted', grant, bounds: renewal.bounds };
          }),
        )
        .subscribe(sink);
    });
  }

  private read(answer: Answer, request: AcquireRequest, candidate: string): Verdict {
    if (!isOk(answer)) throw electionError(answer);
    const { json, retryAfter, sentAt } = answer;
    const { name, holder } = request;
    const { api, candidates, offices } = this.options;
    const said = textField(json, 'status');
    const told = readElection(json, name, candidates);
    if (said === 'follower' && told !== undefined) {
      return { type: 'held', holder: told.holder, expiresAt: told.expiresAt?.getTime(), retryAfter };
    }
    const leader = field(json, 'leader');
    const token = idField(json, 'leader_token');
    const term = integerField(leader, 'term');
    if (
      said !== 'leader' ||
      token === undefined ||
      term === undefined ||
      textField(leader, 'candidate_id') !== candidate
    ) {
      throw errorOf(answer);
    }
    const grant: Grant = { name, fencingToken: term, holder, metadata: textField(leader, 'metadata') };
    const bound = { sentAt, ttl: confirmedTtl(answer, SHORTEST) };
    offices.enter(grant, { token, term, bound });
    if (isUnfenced(leader, 'term')) {
      request.stray(grant);
      throw unfencedError(name, api.where);
    }
    return { type: 'elected', grant, bound };
  }
}
