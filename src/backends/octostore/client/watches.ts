import {
  catchError,
  concat,
  defer,
  distinctUntilChanged,
  EMPTY,
  endWith,
  exhaustMap,
  finalize,
  merge,
  type Observable,
  of,
  ReplaySubject,
  repeat,
  retry,
  share,
  switchMap,
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
import { CONNECTED, type Api } from '../wire/api.js';
import { dateField, integerField, readJson, textField } from '../wire/json.js';
import { free } from '../wire/status.js';

/** However well the push works, the status is read this often. Milliseconds. */
const POLL = 15_000;
const RECONNECT = resolveRetry({ initial: '100ms', max: '5s', jitter: 'full' });

/** A stream that broke off. */
class Ended {
  constructor(readonly error: unknown) {}
}

/** How a watch gets on, over all of its streams. */
interface Progress {
  /** How many streams in a row told nothing. */
  failures: number;
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
      const { scheduler, random } = this.options.runtime;
      const progress: Progress = { failures: 0, seen: false };
      // A read that succeeds says nothing of the stream, and neither does its head: anything can answer 200 and hang up.
      const delay = (error: unknown): Observable<unknown> =>
        isRetryable(error)
          ? timer(Math.max(RECONNECT.delay(++progress.failures, random), demanded(error)), scheduler)
          : throwError(() => error);
      const poll$ = timer(POLL * (1 - random() / 10), scheduler).pipe(
        exhaustMap(() => this.options.status(name).pipe(catchError(() => EMPTY))),
        repeat(),
      );
      return merge(this.connect(name, progress).pipe(retry({ delay })), poll$).pipe(distinctUntilChanged(isSameHold));
    });
  }

  /** Errors when the stream breaks off, after a look at what may have been missed. */
  private connect(name: string, progress: Progress): Observable<LockStatus> {
    const { api, status, feed = LOCKS } = this.options;
    return defer(() => {
      let last: LockStatus | undefined;
      let connected = false;
      const ended = new Ended(new LockNetworkError('OctoStore ended the watch', { name }));
      return api.events(feed.path(name), 'watch the lock', name).pipe(
        endWith(ended),
        catchError((error: unknown) => of(new Ended(error))),
        // The newest event decides: what an older one made us read is of no use any more.
        switchMap((event) => {
          if (event instanceof Ended) {
            const { error } = event;
            const end$ = throwError(() => error);
            if (last !== undefined || !isRetryable(error)) return end$;
            // Nothing was seen through it. If that may last (so many watch already that we may not), or nothing ever was,
            // what there is to see now is not to wait for the next poll.
            const isBlind = connected || !progress.seen || error instanceof LockCapacityError;
            return isBlind ? concat(status(name).pipe(catchError(() => EMPTY)), end$) : end$;
          }
          connected = true;
          if (event === CONNECTED) return status(name);
          progress.failures = 0;
          const told = feed.read(name, event, last);
          return told === undefined ? status(name) : of(told);
        }),
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
      const isSame = last?.status === 'held' && last.fencingToken === integerField(json, 'fencing_token');
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
