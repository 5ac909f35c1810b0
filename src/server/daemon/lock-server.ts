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
  readonly waiting: number;
  /** Open connections, by front. */
  readonly connections: Readonly<Record<string, number>>;
  /** Bytes that clients make it keep. */
  readonly buffered: number;
}

/** A running server. */
export interface LockServer {
  /** Where each front listens, and the metrics. */
  readonly addresses: Readonly<Partial<Record<PortName, ListeningAt>>>;
  /** What goes on now. */
  stats(): LockServerStats;
  /** What `/metrics` tells: Prometheus' text format. */
  metrics(): Promise<string>;
  /**
   * Reads the files of tokens and of the certificate again. Who has no token any more is cut off; what he holds runs out.
   *
   * @throws LockConfigError or LockValidationError for a bad file: nothing has changed then.
   */
  reload(): Promise<void>;
  /**
   * Accepts nobody any more, tells its clients, and resolves when every connection is closed, within a few seconds.
   *
   * @param options `drain`: for so long those who hold something may go on, give back and renew, while nobody new is
   * granted anything; 0 by default.
   */
  close(options?: { readonly drain?: Duration | undefined }): Promise<void>;
  /** `close()`. */
  [Symbol.asyncDispose](): Promise<void>;
}
