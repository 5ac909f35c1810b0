import type { LockClosedError, LockError } from '../../../contract/errors.js';
import type { Clock } from '../../../contract/time.js';
import { Connection, type ConnectionOwner } from '../wire/connection.js';
import type { Settings } from './settings.js';
import { nameOf, openSocket, type Address } from '../wire/socket.js';

/** What a connection needs to know of the settings. */
export type ConnectionSettings = Pick<Settings, 'auth' | 'tls' | 'times'>;

export interface ServerConnectionsOptions {
  readonly address: Address;
  readonly settings: ConnectionSettings;
  readonly clock: Clock;
  /** Called when a connection is gone, while it still knows what hung on it. */
  readonly closed: (connection: Connection, error: LockError) => void;
}

/** Who has a connection of his own. */
export interface ConnectionUser {
  /** Takes a line that answers no question. @returns False if it is none of his. */
  readonly pushed: (line: string) => boolean;
  /** It is gone. */
  readonly closed: (error: LockError) => void;
}

/**
 * The connections to one server: one that all locks share that are free when they are asked for, one for what concerns no
 * lock and may have long answers, and one for each contender that waits and for each lock that was waited for.
 */
export class ServerConnections {
  readonly where: string;
  private readonly all = new Set<Connection>();
  /** Those that nobody needs now. */
  private readonly resting = new Set<Connection>();
  /** The last that was used is the first to be used again, so that there are no more than are needed. It may hold old ones. */
  private stack: Connection[] = [];
  private shared: Connection | undefined;
  private aside: Connection | undefined;

  constructor(private readonly options: ServerConnectionsOptions) {
    this.where = nameOf(options.address);
  }

  /** For what the server answers at once. One that has fallen silent keeps its locks and gets no more. */
  forLocks(): Connection {
    if (this.shared === undefined || this.shared.isStalled) this.shared = this.open();
    return this.shared;
  }

  /** For what concerns no lock. */
  forOthers(): Connection {
    if (this.aside === undefined || this.aside.isStalled) this.aside = this.open();
    return this.aside;
  }

  /** For one that waits. To be used at once. */
  forWaiter(): Connection {
    for (let last = this.stack.pop(); last !== undefined; last = this.stack.pop()) {
      if (this.resting.delete(last)) return last;
    }
    // Of one lock: a hand-off is not to wait for the end of a turn, twice.
    return this.open(undefined, true);
  }

  /** One that nobody else gets. It stays open until it is closed. */
  forOneself(user: ConnectionUser): Connection {
    const connection = this.open(user);
    connection.keep();
    return connection;
  }

  /** Ends all of them; resolves when they are gone. */
  async close(error: LockClosedError): Promise<void> {
    const all = [...this.all];
    for (const connection of all) connection.close(error);
    await Promise.all(all.map((connection) => connection.gone()));
  }

  private open(user?: ConnectionUser, isPrompt = false): Connection {
    const { address, settings, clock } = this.options;
    const { times, auth } = settings;
    const token = auth?.();
    const owner: ConnectionOwner = {
      closed: (connection, error) => {
        this.forget(connection);
        this.options.closed(connection, error);
        user?.closed(error);
      },
      rested: (connection) => {
        this.rest(connection);
      },
      pushed: user?.pushed,
    };
    const { socket, opens } = openSocket(address, settings.tls);
    const { where } = this;
    const connection = new Connection({ socket, opens, where, clock, times, auth: token, owner, isPrompt });
    this.all.add(connection);
    return connection;
  }

  private rest(connection: Connection): void {
    if (connection === this.shared || connection === this.aside || connection.isStalled) return;
    if (this.resting.has(connection)) return;
    this.resting.add(connection);
    this.stack.push(connection);
  }

  private forget(connection: Connection): void {
    this.all.delete(connection);
    // Those that close are old; the young are at the top.
    if (this.resting.delete(connection)) this.stack = this.stack.filter((one) => one !== connection);
    if (this.shared === connection) this.shared = undefined;
    if (this.aside === connection) this.aside = undefined;
  }
}
