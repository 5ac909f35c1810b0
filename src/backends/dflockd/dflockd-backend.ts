import type { Observable } from 'rxjs';
import type { LockBackend } from '../../contract/backend.js';
import type { DflockdSignal } from './telling/signals.js';
import type { DflockdStats } from './telling/stats.js';

/** What dflockd can do. */
export interface DflockdFeatures {
  readonly fencing: false;
  readonly fifo: true;
  readonly push: false;
  readonly semaphore: true;
  readonly permits: false;
  readonly shared: false;
  readonly metadata: false;
  readonly minHold: false;
}

/** Options of {@link DflockdBackend.signal$}. */
export interface DflockdListenOptions {
  /** Of those who listen to one pattern in one group, one at a time hears a signal, in turn. None by default. */
  readonly group?: string | undefined;
  /** Which of several servers is listened to, by its place in `servers`. By default all that can have a channel of the pattern. */
  readonly server?: number | undefined;
}

/** What {@link dflockd} makes: a backend for `createLocks`, and what else the service can do. */
export interface DflockdBackend extends LockBackend<DflockdFeatures> {
  /**
   * All that a server holds, at this moment.
   *
   * @param server Which of several, by its place in `servers`. 0 by default.
   * @throws LockValidationError for a server that there is not; LockNetworkError if it does not answer.
   *
   * @example
   * ```ts
   * import { dflockd } from 'rxlock/dflockd';
   *
   * const service = dflockd();
   * const { locks } = await service.stats();
   * console.log(locks.map(({ key, waiters }) => `${key}: ${waiters} wait`));
   * await service.close();
   * ```
   */
  stats(server?: number): Promise<DflockdStats>;
  /**
   * Tells all who listen to a channel. Nobody else will ever know.
   *
   * @param channel Words with dots between them, without white space; no `*` and no `>`.
   * @param payload At most 256 bytes of UTF-8, without CR, LF and NUL; not empty.
   * @returns How many were told.
   * @throws LockValidationError naming `channel` or `payload`; LockUnsupportedError from a server that has no signals.
   *
   * @example
   * ```ts
   * import { dflockd } from 'rxlock/dflockd';
   *
   * const service = dflockd();
   * await service.publish('orders.created', '17');
   * await service.close();
   * ```
   */
  publish(channel: string, payload: string): Promise<number>;
  /**
   * What is published, over a connection of its own. What was published while nobody listened is lost, so the stream
   * errors with `LockNetworkError` when the connection does; `retry({ delay: backoff() })` listens again. Of several
   * servers a pattern without `*` and `>` needs only the one that has the channel; any other needs all of them, and errors
   * with the first that fails. To hear the others meanwhile, merge one stream for each `server`, each with a `retry` of its own.
   *
   * @param pattern A channel, in which `*` stands for any one word and `>`, as the last, for one or more.
   * @param options `group` (none), `server` (all that can have a channel of the pattern).
   * @throws LockValidationError naming `pattern`, `group` or `server`. The stream errors with `LockUnsupportedError` from a
   * server that has no signals.
   *
   * @example
   * ```ts
   * import { backoff } from 'rxlock';
   * import { dflockd } from 'rxlock/dflockd';
   * import { retry } from 'rxjs';
   *
   * const service = dflockd();
   * const listening = service
   *   .signal$('orders.*')
   *   .pipe(retry({ delay: backoff() }))
   *   .subscribe(({ channel, payload }) => console.log(channel, payload));
   * listening.unsubscribe();
   * await service.close();
   * ```
   */
  signal$(pattern: string, options?: DflockdListenOptions): Observable<DflockdSignal>;
}
