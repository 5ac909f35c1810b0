import type { Duration } from '../../contract/time.js';
import type { Endpoint } from './address.js';
import type { PortName } from './settings.js';

/** Where a server can be reached. */
export interface ListeningAt extends Endpoint {
  /** What a client on this machine is given: `'dflockd://127.0.0.1:6388'`. */
  readonly url: string;
  /** All under which it can be reached, this one first: of a host such as `0.0.0.0`, one for each address of the machine. */
  readonly urls: readonly string[];
}

/** What goes on in a server now. */
export interface LockServerStats {
  /** Places that are held, or kept after their end. */
  readonly held: number;
  /** Places that wait for a lock. */
  readonly waiting: number;
  /** Open connections, by front. */
  readonly connections: Readonly<Record<string, number>>;
  /** Bytes that clients make it keep. */
  readonly buffered: number;
}

/**
 * A running server.
 *
 * @example
 * ```ts
 * import { createLockServer } from 'rxlock/server';
 *
 * const server = await createLockServer({ ws: 0, ephemeral: { wait: false } });
 * console.log(server.addresses.ws?.url, server.stats().held); // ws://127.0.0.1:…, 0
 * console.log((await server.metrics()).includes('rxlock_held'));
 * await server.close({ drain: '5s' }); // whoever has a lock may finish, for 5 s
 * ```
 */
export interface LockServer {
  /** Where each front listens, and the metrics. */
  readonly addresses: Readonly<Partial<Record<PortName, ListeningAt>>>;
  /** What goes on now. */
  stats(): LockServerStats;
  /** What `/metrics` tells: Prometheus' text format. */
  metrics(): Promise<string>;
  /**
   * Reads the files of tokens and of the certificate again. A user who has no token any more is cut off; his locks run out.
   *
   * @throws LockConfigError or LockValidationError for a bad file: nothing has changed then.
   */
  reload(): Promise<void>;
  /**
   * Accepts nobody any more, tells its clients, and resolves when every connection is closed, within a few seconds.
   *
   * @param options `drain`: how long holders may go on, renew and release, while nobody else is granted a lock; 0 by default.
   */
  close(options?: { readonly drain?: Duration | undefined }): Promise<void>;
  /** `close()`. */
  [Symbol.asyncDispose](): Promise<void>;
}
