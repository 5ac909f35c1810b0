import type { DistributedOptions } from '../document/options.js';
import type { Settings } from './settings.js';

/** The options of a lock or of a place of a semaphore, with the defaults, as its user can read them. */
export abstract class ReadableOptions {
  /** Its name. */
  readonly key: string;
  /** Seconds. */
  readonly acquireTimeoutS: number;
  /** Seconds; the server's default if it is absent. */
  readonly leaseTtlS: number | undefined;
  /** Of the server, if `servers` were not given. */
  readonly host: string;
  /** Of the server, if `servers` were not given. */
  readonly port: number;
  /** All of them; `host` and `port` if there is one. */
  readonly servers: readonly (readonly [host: string, port: number])[];
  /** Which of the servers has a key, by its index. */
  readonly shardingStrategy: (key: string, numServers: number) => number;
  /** Renewal begins at this part of the lease, or at 0.4 of it if that is earlier. */
  readonly renewRatio: number;
  /** Called, with the token that it had, when it is lost while it is held. */
  readonly onLockLost: ((key: string, token: string) => unknown) | undefined;
  /** Milliseconds. */
  readonly connectTimeoutMs: number | undefined;
  /** Milliseconds. */
  readonly socketTimeoutMs: number | undefined;
  /** Seconds. */
  readonly readTimeoutS: number | undefined;
  readonly #settings: Settings;

  /** @internal */
  protected constructor(settings: Settings) {
    this.#settings = settings;
    this.key = settings.key;
    this.acquireTimeoutS = settings.acquireTimeoutS;
    this.leaseTtlS = settings.leaseTtlS;
    this.host = settings.host;
    this.port = settings.port;
    this.servers = settings.servers;
    this.shardingStrategy = settings.shardingStrategy;
    this.renewRatio = settings.renewRatio;
    this.onLockLost = settings.onLockLost;
    this.connectTimeoutMs = settings.connectTimeoutMs;
    this.socketTimeoutMs = settings.socketTimeoutMs;
    this.readTimeoutS = settings.readTimeoutS;
  }

  /** The server's auth token: a secret, which does not print. */
  get auth(): string | undefined {
    return this.#settings.auth;
  }

  /** How connections are secured. It may hold a secret, and does not print. */
  get tls(): DistributedOptions['tls'] {
    return this.#settings.tls;
  }
}
