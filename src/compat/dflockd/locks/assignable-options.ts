import type { DistributedOptions } from '../document/options.js';
import type { Settings } from './settings.js';

/**
 * The options of a lock or of a place of a semaphore, with the defaults. They can be assigned: what is acquired or queued
 * for next goes by them.
 */
export abstract class AssignableOptions {
  /** Its name. */
  key: string;
  /** Whole seconds. */
  acquireTimeoutS: number;
  /** Whole seconds; the server's default if it is absent. */
  leaseTtlS: number | undefined;
  /** Of the server, if `servers` were not given. */
  host: string;
  /** Of the server, if `servers` were not given. */
  port: number;
  /** Which of the servers has a key, by its index. */
  shardingStrategy: (key: string, numServers: number) => number;
  /** Renewal begins at this part of the lease, or at 0.4 of it if that is earlier. */
  renewRatio: number;
  /** Called, with the token that it had, when it is lost while it is held. */
  onLockLost: ((key: string, token: string) => unknown) | undefined;
  /** Milliseconds. */
  connectTimeoutMs: number | undefined;
  /** Milliseconds. */
  socketTimeoutMs: number | undefined;
  /** Seconds. */
  readTimeoutS: number | undefined;
  #servers: DistributedOptions['servers'];
  #auth: string | undefined;
  #tls: DistributedOptions['tls'];

  /** @internal */
  protected constructor(settings: Settings, servers: DistributedOptions['servers']) {
    this.key = settings.key;
    this.acquireTimeoutS = settings.acquireTimeoutS;
    this.leaseTtlS = settings.leaseTtlS;
    this.host = settings.host;
    this.port = settings.port;
    this.shardingStrategy = settings.shardingStrategy;
    this.renewRatio = settings.renewRatio;
    this.onLockLost = settings.onLockLost;
    this.connectTimeoutMs = settings.connectTimeoutMs;
    this.socketTimeoutMs = settings.socketTimeoutMs;
    this.readTimeoutS = settings.readTimeoutS;
    this.#servers = servers;
    this.#auth = settings.auth;
    this.#tls = settings.tls;
  }

  /** All of them; `host` and `port` if they were not given. */
  get servers(): readonly (readonly [host: string, port: number])[] {
    return this.#servers ?? [[this.host, this.port]];
  }

  /** Used by the next call that takes the lock. */
  set servers(servers: readonly (readonly [host: string, port: number])[]) {
    this.#servers = servers;
  }

  /** The server's auth token: a secret, which does not print. */
  get auth(): string | undefined {
    return this.#auth;
  }

  /** Used by the next call that takes the lock. */
  set auth(auth: string | undefined) {
    this.#auth = auth;
  }

  /** How connections are secured. It may hold a secret, and does not print. */
  get tls(): DistributedOptions['tls'] {
    return this.#tls;
  }

  /** Used by the next call that takes the lock. */
  set tls(tls: DistributedOptions['tls']) {
    this.#tls = tls;
  }
}
