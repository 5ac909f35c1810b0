import {
  catchError,
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
import { LockError, LockNetworkError } from '../../errors.js';
import { lockStatus } from '../../lock-status.js';
import { resolveRetry } from '../../retry-policy.js';
import type { LockStatus, Runtime } from '../../types.js';
import { CONNECTED, type Api } from './api.js';
import { dateField, integerField, readJson, textField } from './json.js';
import { free } from './status.js';

/** However well the push works, the status is read this often. Milliseconds. */
const POLL = 15_000;
const RECONNECT = resolveRetry({ initial: '100ms', max: '5s', jitter: 'full' });
const ENDED = Symbol('ended');

export interface WatchesOptions {
  readonly api: Api;
  readonly runtime: Runtime;
  readonly status: (name: string) => Observable<LockStatus>;
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
      let failures = 0;
      const connected = (): void => {
        failures = 0;
      };
      // A read that succeeds says nothing of the stream, so it does not count as a connection.
      const delay = (error: unknown): Observable<unknown> =>
        error instanceof LockError && !error.retryable
          ? throwError(() => error)
          : timer(Math.max(RECONNECT.delay(++failures, random), retryAfterOf(error)), scheduler);
      const poll$ = timer(POLL * (1 - random() / 10), scheduler).pipe(
        exhaustMap(() => this.options.status(name).pipe(catchError(() => EMPTY))),
        repeat(),
      );
      return merge(this.connect(name, connected).pipe(retry({ delay })), poll$).pipe(distinctUntilChanged(isSameHold));
    });
  }

  /** Errors when the stream breaks off, after a look at what may have been missed. */
  private connect(name: string, connected: () => void): Observable<LockStatus> {
    const { api, status } = this.options;
    return defer(() => {
      let last: LockStatus | undefined;
      const path = `/locks/${encodeURIComponent(name)}/watch`;
      return api.events(path, 'watch', name).pipe(
        endWith(ENDED),
        // The newest event decides: what an older one made us read is of no use any more.
        switchMap((event) => {
          if (event === ENDED) return throwError(() => new LockNetworkError('OctoStore ended the watch', { name }));
          if (event === CONNECTED) {
            connected();
            return status(name);
          }
          const told = readEvent(name, event, last);
          return told === undefined ? status(name) : of(told);
        }),
        tap((seen) => {
          last = seen;
        }),
      );
    });
  }
}

/** What an event says by itself; `undefined` if the status has to be read, as an event does not name the holder. */
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

function retryAfterOf(error: unknown): number {
  return (error as { readonly retryAfter?: number } | undefined)?.retryAfter ?? 0;
}
