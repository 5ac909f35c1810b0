import {
  catchError,
  concat,
  connect,
  defer,
  distinctUntilChanged,
  EMPTY,
  exhaustMap,
  filter,
  finalize,
  map,
  merge,
  type Observable,
  ReplaySubject,
  repeat,
  retry,
  share,
  tap,
  throwError,
  timer,
} from 'rxjs';
import { demanded } from '../../../values/demanded.js';
import { LockCapacityError, LockError, LockNetworkError } from '../../../contract/errors.js';
import { lockStatus } from '../../../values/lock-status.js';
import { resolveRetry } from '../../../values/retry-policy.js';
import type { LockStatus } from '../../../contract/status.js';
import type { Runtime } from '../../../contract/time.js';
import { oneAtATime } from './one-at-a-time.js';
import { CONNECTED, type Api } from '../wire/api.js';
import { dateField, readJson, textField, tokenField } from '../wire/json.js';
import { free } from '../wire/status.js';

/** However well the push works, the status is read this often. Milliseconds. */
const POLL = 15_000;
const RECONNECT = resolveRetry({ initial: '100ms', max: '5s', jitter: 'full' });

/** A stream that stood for so long was a good one: the next is tried soon. Milliseconds. */
const STEADY = 5000;

/** How a watch gets on, over all of its streams. */
interface Progress {
  /** How many streams in a row broke off soon. */
  failures: number;
  /** When the stream of now began, on `clock.elapsed`. */
  since: number | undefined;
  /** Has anything been seen at all? */
  seen: boolean;
}

/** Where events come from, and what they say. */
export interface Feed {
  path(name: string): string;
  /**
   * What an event says by itself; `undefined` if the status has to be read.
   *
   * @param data As it was sent.
   * @param last What was last seen through the same connection.
   */
  read(name: string, data: string, last: LockStatus | undefined): LockStatus | undefined;
}

const LOCKS: Feed = {
  path: (name) => `/locks/${encodeURIComponent(name)}/watch`,
  read: readEvent,
};

export interface WatchesOptions {
  readonly api: Api;
  readonly runtime: Runtime;
  readonly status: (name: string) => Observable<LockStatus>;
  /** That of locks by default. */
  readonly feed?: Feed;
}

/** Follows names through server-sent events: one stream for each name, however many watch it, closed with the last of them. */
export class Watches {
  private readonly shared = new Map<string, Observable<LockStatus>>();

  constructor(private readonly options: WatchesOptions) {}

  watch(name: string): Observable<LockStatus> {
    return defer(() => {
      let watched$ = this.shared.get(name);
      if (watched$ === undefined) {
        watched$ = this.follow(name).pipe(
          finalize(() => this.shared.delete(name)),
          share({ connector: () => new ReplaySubject(1) }),
        );
        this.shared.set(name, watched$);
      }
      return watched$;
    });
  }

  private follow(name: string): Observable<LockStatus> {
    return defer(() => {
      const { scheduler, random, clock } = this.options.runtime;
      const progress: Progress = { failures: 0, seen: false, since: undefined };
      const delay = (error: unknown): Observable<unknown> => {
        if (!isRetryable(error)) return throwError(() => error);
        // A read that succeeds says nothing of the stream, and neither does its head, nor an event: anything can do that and
        // hang up.
        if (progress.since !== undefined && clock.elapsed() - progress.since >= STEADY) progress.failures = 0;
        return timer(Math.max(RECONNECT.delay(++progress.failures, random), demanded(error)), scheduler);
      };
      const poll$ = timer(POLL * (1 - random() / 10), scheduler).pipe(
        exhaustMap(() => this.options.status(name).pipe(catchError(() => EMPTY))),
        repeat(),
      );
      return merge(this.connect(name, progress).pipe(retry({ delay })), poll$).pipe(distinctUntilChanged(isSameHold));
    });
  }

  /** Errors when the stream breaks off, after a look at what may have been missed. */
  private connect(name: string, progress: Progress): Observable<LockStatus> {
    const { api, runtime, status, feed = LOCKS } = this.options;
    return defer(() => {
      let last: LockStatus | undefined;
      let looking = false;
      let failure: unknown = new LockNetworkError('OctoStore ended the watch', { name });
      progress.since = undefined;
      const look$ = defer(() => {
        looking = true;
        return status(name).pipe(finalize(() => (looking = false)));
      });
      const told$ = api.events(feed.path(name), 'watch the lock', name).pipe(
        catchError((error: unknown) => {
          failure = error;
          return EMPTY;
        }),
        map((event) => {
          if (event !== CONNECTED) return feed.read(name, event, last);
          progress.since = runtime.clock.elapsed();
          return undefined;
        }),
      );
      const seen$ = told$.pipe(
        connect((events$) =>
          merge(
            events$.pipe(filter((told) => told !== undefined)),
            // What is told while somebody looks is newer than what will be seen: it is worth another look.
            events$.pipe(
              filter((told) => told === undefined || looking),
              oneAtATime(() => look$),
            ),
          ),
        ),
      );
      // Nothing was seen through it. If that may last (so many watch already that we may not), or it was the first, what
      // there is to see now is not to wait for the next poll.
      const isBlind = (): boolean =>
        last === undefined &&
        isRetryable(failure) &&
        ((!progress.seen && progress.failures === 0) || failure instanceof LockCapacityError);
      const blindly$ = defer(() => (isBlind() ? look$.pipe(catchError(() => EMPTY)) : EMPTY));
      return concat(
        seen$,
        blindly$,
        throwError(() => failure),
      ).pipe(
        tap((seen) => {
          last = seen;
          progress.seen = true;
        }),
      );
    });
  }
}

/** An event of a lock does not name the holder. */
function readEvent(name: string, data: string, last: LockStatus | undefined): LockStatus | undefined {
  const json = readJson(data);
  switch (textField(json, 'event')) {
    case 'released':
    case 'expired':
      return free(name);
    case 'renewed': {
      const expiresAt = dateField(json, 'expires_at');
      const token = tokenField(json, 'fencing_token');
      // Without a token nobody knows whose lock it is that was renewed.
      const isSame = last?.status === 'held' && token !== undefined && last.fencingToken === token;
      return isSame && expiresAt !== undefined ? lockStatus({ ...last, expiresAt: new Date(expiresAt) }) : undefined;
    }
    default:
      return undefined;
  }
}

/** `free` is told each time: whoever tried at the last one may have come too late. */
function isSameHold(a: LockStatus, b: LockStatus): boolean {
  return (
    a.status === 'held' &&
    b.status === 'held' &&
    a.holder === b.holder &&
    a.fencingToken === b.fencingToken &&
    a.metadata === b.metadata &&
    a.expiresAt?.getTime() === b.expiresAt?.getTime()
  );
}

function isRetryable(error: unknown): boolean {
  return !(error instanceof LockError) || error.retryable;
}
