import type { SchedulerLike } from 'rxjs';
import type { Clock, Duration } from '../../contract/time.js';
import type { LimitOptions } from '../limits.js';
import type { LogFields, LogLevel } from '../server-log.js';
import type { ServerAddress } from './address.js';

/** A port on loopback, `'HOST:PORT'`, or both as an object; `false`: not at all. Port 0 is a free one. */
export type Where = number | string | ServerAddress | false;

/** A certificate and its key, in PEM. */
export interface TlsPem {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

/** How a server forgets. */
export interface EphemeralOptions {
  /** `true` (the default): nothing is granted for `maxTtl` after a start. `false`: safe only if no client has a lock of an earlier start. */
  readonly wait?: boolean | undefined;
  /** `true`: there are fencing tokens, although the next start begins with the same ones again. `false` by default. */
  readonly fencing?: boolean | undefined;
}

/** The files that hold them: `reload()` reads them again. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** One event of a server, as it is given to `log`. No secret is in it; the names of locks are at level `debug` only. */
export interface ServerLogEntry extends LogFields {
  /** When, as an ISO 8601 text. */
  readonly time: string;
  readonly level: LogLevel;
  /** A few words that stay the same. */
  readonly event: string;
}

/** Options of {@link createLockServer}. */
export interface LockServerOptions {
  /** Where the protocol of `rxlock/socket` is spoken, over WebSockets: off by default. A port that `http` has too is one for both. */
  readonly ws?: Where | undefined;
  /** Where OctoStore's HTTP API is spoken: off by default. */
  readonly http?: Where | undefined;
  /** Where the dflockd protocol is spoken: off by default. */
  readonly dflockd?: Where | undefined;
  /**
   * `/metrics`, for Prometheus: to programs on this machine, and to who has a token. `true`, the default: at each port where HTTP is
   * spoken. An address: there as well, with `/health`. `false`: nowhere.
   */
  readonly metrics?: Where | true | undefined;
  /** TLS 1.2 or newer, and nothing else, on every port. Needed for a public address, unless `insecure`. */
  readonly tls?: TlsPem | TlsFiles | undefined;
  /** Who may come: the token, or tokens, of each user by name. A public address demands some. Nobody is asked by default. */
  readonly tokens?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** A file with a line `user:token` for each; `reload()` reads it again. In addition to `tokens`. */
  readonly tokenFile?: string | undefined;
  /**
   * Which web pages may use it, such as `'https://app.example.com'`; `'*'`: any. None by default. Programs that are no pages have no origin. Where no token is
   * needed, HTTP answers nobody who asks a name that anybody can register, unless it is the host of one of these.
   */
  readonly origins?: readonly string[] | undefined;
  /** `'octostore'` (the default): HTTP answers as OctoStore's server does today. `'documents'`: as the documents of its clients say. */
  readonly dialect?: 'octostore' | 'documents' | undefined;
  /** `true`: a public address may do without TLS, and the network can read tokens and locks. `false` by default. */
  readonly insecure?: boolean | undefined;
  /**
   * The directory in which it keeps its locks; it is made if it is not there. The next start finds all of them, and fencing tokens never
   * go back. Needs the package `classic-level`, an optional dependency of this one. Give `data` or `ephemeral`.
   */
  readonly data?: string | undefined;
  /**
   * Keeps nothing: the next start does not know who had which lock. So it grants nothing for `maxTtl`, and there are no fencing tokens.
   *
   * `{ wait: false, fencing: true }` is for tests, and for a server that ends together with all its clients: it grants at once, with tokens.
   */
  readonly ephemeral?: boolean | EphemeralOptions | undefined;
  /** The longest ttl that anybody may ask for: `'1h'` by default. */
  readonly maxTtl?: Duration | undefined;
  /** For how long a lock that ran out stays taken: 0 by default. */
  readonly lockDelay?: Duration | undefined;
  /** What strangers may make it do: see {@link LimitOptions}. */
  readonly limits?: LimitOptions | undefined;
  /** Gets each event. Nothing is told by default. At `debug` names are as strangers chose them: escape what a terminal may act on. */
  readonly log?: ((entry: ServerLogEntry) => void) | undefined;
  /** What matters less is not told: `'info'` by default. */
  readonly logLevel?: LogLevel | undefined;
  /** `monotonic()` is what counts; `date()` is for logs. The system's by default. */
  readonly clock?: Pick<Clock, 'monotonic'> | undefined;
  /** The system's timers by default; another sets the clock too. */
  readonly scheduler?: SchedulerLike | undefined;
  /** Unpredictable bytes. `node:crypto`'s by default. */
  readonly randomBytes?: ((size: number) => Buffer) | undefined;
}
