import type { SchedulerLike } from 'rxjs';
import { parseDuration } from '../../values/duration.js';
import { refuseUnknown } from '../../values/refuse-unknown.js';
import type { ServerTable } from '../../table/server-table.js';
import type { Clock, Duration } from '../../contract/time.js';
import { MAX_LINE } from './wire/frame-reader.js';
import type { ListenOptions, ServerTls } from '../net/listener.js';
import { invalid } from '../../values/invalid.js';

/** Options of {@link dflockdServer}. Counts of 0 mean: no limit. */
export interface DflockdServerOptions {
  /** `'127.0.0.1'` by default. */
  readonly host?: string | undefined;
  /** 6388 by default; 0: a free one. */
  readonly port?: number | undefined;
  /** A token that every connection must send first. None by default. */
  readonly auth?: string | undefined;
  /** Certificate and key, in PEM: then TLS 1.2 or newer is spoken, and nothing else. */
  readonly tls?: ServerTls | undefined;
  /** The lease of who names none, in whole seconds: `'33s'` by default. */
  readonly defaultLease?: Duration | undefined;
  /** A client that sends no line for so long is closed, unless it waits for a lock: `'23s'` by default. */
  readonly readTimeout?: Duration | undefined;
  /** A client that takes nothing of what it is told for so long is closed: `'5s'` by default; 0: never. */
  readonly writeTimeout?: Duration | undefined;
  /** After so much silence TCP asks whether a client is still there, and gives it up 10 s later: `'5s'` by default. */
  readonly keepAlive?: Duration | undefined;
  /** For how long a key that nobody has any more keeps its limit, and counts: `'60s'` by default. */
  readonly idle?: Duration | undefined;
  /** Are a connection's locks released when it closes? `true` by default. */
  readonly autoRelease?: boolean | undefined;
  /** How many keys there may be: 1024 by default. */
  readonly maxLocks?: number | undefined;
  /** How many may wait for one key: 0 by default. */
  readonly maxWaiters?: number | undefined;
  /** How many connections there may be: 10,000 by default. Of strangers, who have not sent the token yet, half as many. */
  readonly maxConnections?: number | undefined;
  /** How many of them may come from one address, or one IPv6 network of 64 bits: three quarters of them by default. */
  readonly maxPerAddress?: number | undefined;
  /** How many may hold or wait, for all keys together: 200,000 by default, or four for each of `maxLocks`, if that is more. */
  readonly maxPlaces?: number | undefined;
  /** To how many patterns one connection may listen: 1024 by default. */
  readonly maxSubscriptions?: number | undefined;
  /** To how many patterns all connections together may listen: 65,536 by default. */
  readonly maxListening?: number | undefined;
  /**
   * How many bytes all connections together may leave with the server, sent ahead or not taken: 128 MiB by default. If it
   * is more, those who leave the most are closed.
   */
  readonly maxBuffered?: number | undefined;
  /** A lock table that others use too, on the same clock. One of its own by default. */
  readonly table?: ServerTable | undefined;
  /** `monotonic()` is what counts. The system's by default. */
  readonly clock?: Pick<Clock, 'monotonic'> | undefined;
  /** The system's timers by default; another sets the clock too. */
  readonly scheduler?: SchedulerLike | undefined;
  /** Unpredictable bytes, for tokens. `node:crypto`'s by default. */
  readonly randomBytes?: ((size: number) => Buffer) | undefined;
}

/** What a front needs of them, checked. Times are milliseconds; Infinity: none. */
export interface FrontSettings {
  readonly auth: string | undefined;
  readonly defaultLease: number;
  /** The longest that anybody may ask for. */
  readonly maxLease: number;
  readonly readTimeout: number;
  /** Is a client not closed for its silence while it holds a lock? The real server closes it, and so ends each lease above it. */
  readonly holdersMayBeSilent: boolean;
  readonly writeTimeout: number;
  readonly idle: number;
  readonly autoRelease: boolean;
  readonly limits: {
    readonly keys: number;
    readonly waiters: number;
    readonly places: number;
    /** Of one connection. */
    readonly placesEach: number;
    readonly subscriptions: number;
    readonly listening: number;
    /** What one client may ask for. */
    readonly operationsPerSecond: number;
    /** Bytes that one client may leave with the server: more than one burst of another one's signals. */
    readonly bufferedPerClient: number;
  };
  readonly randomBytes: ((size: number) => Buffer) | undefined;
}

/** The options that exist; the compiler sees to it that none is missing. */
const KNOWN: ReadonlySet<string> = new Set(
  Object.keys({
    host: 0,
    port: 0,
    auth: 0,
    tls: 0,
    defaultLease: 0,
    readTimeout: 0,
    writeTimeout: 0,
    keepAlive: 0,
    idle: 0,
    autoRelease: 0,
    maxLocks: 0,
    maxWaiters: 0,
    maxConnections: 0,
    maxPerAddress: 0,
    maxPlaces: 0,
    maxSubscriptions: 0,
    maxListening: 0,
    maxBuffered: 0,
    table: 0,
    clock: 0,
    scheduler: 0,
    randomBytes: 0,
  } satisfies Record<keyof DflockdServerOptions, 0>),
);

const DEFAULT_PORT = 6388;
const DEFAULT_MAX_LOCKS = 1024;
const DEFAULT_MAX_PLACES = 200_000;
const DEFAULT_MAX_SUBSCRIPTIONS = 1024;
const DEFAULT_MAX_LISTENING = 65_536;
const DEFAULT_MAX_BUFFERED = 128 * 1024 * 1024;
const DEFAULT_MAX_CONNECTIONS = 10_000;
/** Of all connections: the rest is for others. */
const ONE_ADDRESS = 3 / 4;
const STRANGERS = 1 / 2;
const MAX_UNTAKEN = 1024 * 1024;
const SECOND = 1000;

/** @throws LockValidationError naming the option. */
export function checkOptions(options: DflockdServerOptions): {
  readonly front: FrontSettings;
  readonly listen: ListenOptions;
  /** Bytes. */
  readonly maxBuffered: number;
} {
  refuseUnknown(options, KNOWN);
  const { host = '127.0.0.1', port = DEFAULT_PORT, auth, tls, autoRelease = true, randomBytes } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw invalid('port', 'is a whole number from 0 to 65535');
  if (typeof host !== 'string') throw invalid('host', 'is a name or an address');
  if (auth !== undefined && !isToken(auth)) {
    throw invalid('auth', 'is one line of 1 to 256 bytes, without white space around it');
  }
  if (tls !== undefined && !(tls?.cert && tls.key)) throw invalid('tls', 'has a cert and a key');
  if (typeof autoRelease !== 'boolean') throw invalid('autoRelease', 'is true or false');
  const defaultLease = duration(options.defaultLease, '33s', 'defaultLease');
  if (defaultLease < SECOND || defaultLease % SECOND !== 0) throw invalid('defaultLease', 'is in whole seconds');
  const readTimeout = duration(options.readTimeout, '23s', 'readTimeout');
  if (readTimeout === 0) throw invalid('readTimeout', 'is more than 0');
  const keys = count(options.maxLocks, DEFAULT_MAX_LOCKS, 'maxLocks');
  const maxConnections = count(options.maxConnections, DEFAULT_MAX_CONNECTIONS, 'maxConnections');
  const part = (of: number): number => (maxConnections === Infinity ? 0 : Math.max(1, Math.ceil(maxConnections * of)));
  const writeTimeout = duration(options.writeTimeout, '5s', 'writeTimeout');
  return {
    front: {
      auth,
      defaultLease,
      maxLease: Infinity,
      readTimeout,
      holdersMayBeSilent: false,
      writeTimeout: writeTimeout === 0 ? Infinity : writeTimeout,
      idle: duration(options.idle, '60s', 'idle'),
      autoRelease,
      limits: {
        keys,
        waiters: count(options.maxWaiters, 0, 'maxWaiters'),
        places: count(options.maxPlaces, keys === Infinity ? 0 : Math.max(DEFAULT_MAX_PLACES, 4 * keys), 'maxPlaces'),
        placesEach: Infinity,
        subscriptions: count(options.maxSubscriptions, DEFAULT_MAX_SUBSCRIPTIONS, 'maxSubscriptions'),
        listening: count(options.maxListening, DEFAULT_MAX_LISTENING, 'maxListening'),
        operationsPerSecond: Infinity,
        bufferedPerClient: MAX_UNTAKEN,
      },
      randomBytes,
    },
    listen: {
      host,
      port,
      tls,
      maxConnections,
      maxPerAddress: count(options.maxPerAddress, part(ONE_ADDRESS), 'maxPerAddress'),
      maxStrangers: part(STRANGERS) || Infinity,
      keepAlive: Math.max(SECOND, duration(options.keepAlive, '5s', 'keepAlive')),
      handshakeTimeout: readTimeout,
    },
    maxBuffered: count(options.maxBuffered, DEFAULT_MAX_BUFFERED, 'maxBuffered'),
  };
}

function isToken(auth: unknown): boolean {
  return (
    typeof auth === 'string' && auth.trim() === auth && /^[^\r\n]+$/.test(auth) && Buffer.byteLength(auth) <= MAX_LINE
  );
}

function duration(given: Duration | undefined, byDefault: Duration, option: string): number {
  return parseDuration(given ?? byDefault, option);
}

function count(given: number | undefined, byDefault: number, option: string): number {
  const value = given ?? byDefault;
  if (!Number.isInteger(value) || value < 0) throw invalid(option, 'is a whole number, 0 or more');
  return value === 0 ? Infinity : value;
}
