import {
  catchError,
  defer,
  distinctUntilKeyChanged,
  endWith,
  forkJoin,
  ignoreElements,
  map,
  of,
  type Observable,
  type SchedulerLike,
} from 'rxjs';
import { LockNetworkError } from '../../../contract/errors.js';
import type { LockStatus } from '../../../contract/status.js';
import { lockStatus } from '../../../values/lock-status.js';
import type { PlainEngine } from '../plain/plain-engine.js';
import { lookAgain } from '../telling/look-again.js';
import { called } from '../wire/error-of-reply.js';
import { majorityOf } from './verdict-of.js';

/** Tells which locks a majority of the servers has. */
export class QuorumStatuses {
  constructor(
    private readonly servers: readonly PlainEngine[],
    private readonly scheduler: SchedulerLike,
  ) {}

  status(name: string): Observable<LockStatus> {
    return this.most((server) => server.statuses.status(name), `look at ${called({ name })}`).pipe(
      map((all) => {
        const held = all.filter(({ status }) => status === 'held');
        if (held.length < majorityOf(this.servers.length)) return lockStatus({ name, status: 'free' });
        const ends = held.map(({ expiresAt }) => expiresAt?.getTime() ?? Infinity);
        const first = Math.min(...ends);
        return lockStatus({ name, status: 'held', expiresAt: first < Infinity ? new Date(first) : undefined });
      }),
    );
  }

  watch(name: string): Observable<LockStatus> {
    return lookAgain(() => this.status(name), this.scheduler).pipe(distinctUntilKeyChanged('status'));
  }

  ping(): Observable<never> {
    return this.most((server) => server.ping().pipe(endWith(true)), 'ping').pipe(ignoreElements());
  }

  /** What a majority at least has answered. */
  private most<T>(ask: (server: PlainEngine) => Observable<T>, what: string): Observable<readonly T[]> {
    return defer(() => {
      let cause: unknown;
      const answers = this.servers.map((server) =>
        ask(server).pipe(
          map((value) => [value]),
          catchError((error: unknown) => {
            cause ??= error;
            return of<T[]>([]);
          }),
        ),
      );
      return forkJoin(answers).pipe(
        map((all) => {
          const known = all.flat();
          if (known.length >= majorityOf(this.servers.length)) return known;
          throw new LockNetworkError(
            `cannot ${what}: ${String(known.length)} of ${String(this.servers.length)} servers answer`,
            { cause },
          );
        }),
      );
    });
  }
}
