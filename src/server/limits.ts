import type { Duration } from '../contract/time.js';
import { parseDuration } from '../values/duration.js';
import { invalid } from '../values/invalid.js';
import { refuseUnknown } from '../values/refuse-unknown.js';

/** What clients may make a server do. Counts and bytes of 0 mean: no limit (but for `electionsPerMinute`). */
export interface LimitOptions {
  /** Bytes of one message of a client, or of the body of a request: 64 KiB by default, 1 KiB at least. */
  readonly frame?: number | undefined;
  /** Bytes that one client may leave with the server, sent ahead or not taken: 1 MiB by default. */
  readonly bufferedPerClient?: number | undefined;
  /** Bytes that all clients together may: 128 MiB by default. Those who leave the most are closed first. */
  readonly buffered?: number | undefined;
  /** Connections to each address that is listened to: 10,000 by default. Of clients that have not said yet who they are, half as many. */
  readonly connections?: number | undefined;
  /** Of these, from one address, or one IPv6 network of 64 bits: three quarters by default. */
  readonly connectionsPerAddress?: number | undefined;
  /** Locks and permits that one session may hold: 100,000 by default. */
  readonly locks?: number | undefined;
  /** For how many one session may wait: 10,000 by default. */
  readonly waiters?: number | undefined;
  /** Places, held or waited for, of all sessions together: 1,000,000 by default. */
  readonly places?: number | undefined;
  /** What one session may watch: 1024 by default. */
  readonly watches?: number | undefined;
  /** What one client may ask for in a second, and at once if it was silent for one: 200,000 by default. */
  readonly operationsPerSecond?: number | undefined;
  /** How often one address may begin an election over HTTP, or campaign in one, in a minute: 600 by default. 0: there are no elections. */
  readonly electionsPerMinute?: number | undefined;
  /** How long a client may take for its handshake (TLS, and who it is): `'10s'` by default. */
  readonly handshakeTime?: Duration | undefined;
  /** How long it may take for the header of a request of HTTP: `'10s'` by default. */
  readonly headerTime?: Duration | undefined;
  /** How long for the whole of it: `'30s'` by default. */
  readonly requestTime?: Duration | undefined;
  /** A client that reads nothing of what it is sent for so long is closed: `'10s'` by default. */
  readonly stallTime?: Duration | undefined;
}

/** The same, checked. Infinity: no limit; of elections, 0 is none at all. Times are milliseconds. */
export type Limits = { readonly [limit in keyof LimitOptions]-?: number };

/** Of all connections: the rest is for others. */
const ONE_ADDRESS = 3 / 4;
const MiB = 1024 * 1024;
/** A smaller frame has no room for what every client says. In bytes. */
const MIN_FRAME = 1024;

const COUNTS = {
  frame: 64 * 1024,
  bufferedPerClient: MiB,
  buffered: 128 * MiB,
  connections: 10_000,
  locks: 100_000,
  waiters: 10_000,
  places: 1_000_000,
  watches: 1024,
  operationsPerSecond: 200_000,
  electionsPerMinute: 600,
} as const;
const TIMES = { handshakeTime: '10s', headerTime: '10s', requestTime: '30s', stallTime: '10s' } as const;
const KNOWN: ReadonlySet<string> = new Set([...Object.keys(COUNTS), ...Object.keys(TIMES), 'connectionsPerAddress']);

/** @throws LockValidationError naming the limit. */
export function checkLimits(options: LimitOptions = {}): Limits {
  refuseUnknown(options, KNOWN, 'limits.');
  const counts = mapped(COUNTS, (limit, byDefault) => count(options[limit] ?? byDefault, limit));
  if (counts.frame < MIN_FRAME) throw invalid('limits.frame', 'is 1 KiB or more; 0: no limit');
  const times = mapped(TIMES, (limit, byDefault) => time(options[limit] ?? byDefault, limit));
  if (times.headerTime > times.requestTime) throw invalid('limits.headerTime', 'is at most limits.requestTime');
  const { connections } = counts;
  const share = connections === Infinity ? 0 : Math.max(1, Math.ceil(connections * ONE_ADDRESS));
  const connectionsPerAddress = count(options.connectionsPerAddress ?? share, 'connectionsPerAddress');
  // The one of which an operator may want none at all: they are for everybody, whoever needs a token for the rest.
  const electionsPerMinute = options.electionsPerMinute === 0 ? 0 : counts.electionsPerMinute;
  return { ...counts, ...times, connectionsPerAddress, electionsPerMinute };
}

function mapped<K extends string, V>(
  defaults: Readonly<Record<K, V>>,
  check: (key: K, byDefault: V) => number,
): Record<K, number> {
  const all = Object.entries(defaults) as [K, V][];
  return Object.fromEntries(all.map(([key, value]) => [key, check(key, value)])) as Record<K, number>;
}

function count(value: number, limit: string): number {
  if (!Number.isSafeInteger(value) || value < 0) throw invalid(`limits.${limit}`, 'is a whole number; 0: no limit');
  return value === 0 ? Infinity : value;
}

function time(value: Duration, limit: string): number {
  const ms = parseDuration(value, `limits.${limit}`);
  if (ms < 1) throw invalid(`limits.${limit}`, 'is more than 0');
  return ms;
}
