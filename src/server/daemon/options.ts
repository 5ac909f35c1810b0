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
  /** Is nothing granted for `maxTtl` after a start? `true` by default. */
  readonly wait?: boolean | undefined;
  /** Are there fencing tokens, although the next start would give them out again? `false` by default. */
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
  /** Which web pages may use it, such as `'https://app.example.com'`; `'*'`: any. None by default. Programs that are no pages have no origin. */
  readonly origins?: readonly string[] | undefined;
  /** Does HTTP answer as OctoStore's server does today, the default, or as the documents of its clients say? */
  readonly dialect?: 'octostore' | 'documents' | undefined;
  /** May a public address do without TLS? Tokens and locks can be read by the network then. `false` by default. */
  readonly insecure?: boolean | undefined;
  /**
   * The directory in which it keeps what is locked, and makes if there is none: a start finds all of it again, and fencing tokens never
   * go back. Needs the package `classic-level`, which comes with this one where it can. This or `ephemeral` must be said.
   */
  readonly data?: string | undefined;
  /**
   * Keeps nothing: who held what is forgotten when it ends. So nothing is granted for `maxTtl` after a start, until nobody can
   * believe in a lock of before it, and there are no fencing tokens.
   *
   * `wait: false`: grants at once, and `fencing: true`: there are tokens; for tests, and where the server ends with all of its clients.
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
