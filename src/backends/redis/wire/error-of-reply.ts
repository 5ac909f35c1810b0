import {
  LockAuthenticationError,
  LockCapacityError,
  LockConfigError,
  LockError,
  LockNetworkError,
} from '../../../contract/errors.js';
import type { Kind } from '../../../values/kind-of.js';

/** What was asked for, for messages. */
export interface Asked {
  /** `'acquire'`, of something with a name; else `'list the locks'`. */
  readonly what: string;
  readonly where: string;
  /** Absent: a lock, if there is a name. */
  readonly kind?: Kind | undefined;
  readonly name?: string | undefined;
}

type Making = new (
  message: string,
  options: { readonly name?: string | undefined; readonly cause?: unknown },
) => LockError;

/** The errors of Redis, by their first word: what they are to us, and what can be done. */
const ERRORS: Readonly<Record<string, readonly [Making, string]>> = {
  OOM: [LockCapacityError, 'it has no memory left (maxmemory). What is held is renewed and given back all the same'],
  WRONGTYPE: [LockConfigError, 'somebody else uses one of the keys for something else; choose another prefix'],
  NOAUTH: [LockAuthenticationError, 'it wants a password; give user and password to the client or in the URL'],
  WRONGPASS: [LockAuthenticationError, 'it does not know this user and password'],
  NOPERM: [LockAuthenticationError, 'the ACL of this user does not allow it; docs/redis.md lists what must be allowed'],
  DENIED: [LockAuthenticationError, 'it is in protected mode: it wants a password, or clients on its own machine'],
  READONLY: [LockNetworkError, 'it is a replica, or not the master any more'],
  LOADING: [LockNetworkError, 'it has just started, and loads its data'],
  BUSY: [LockNetworkError, 'a script of somebody else keeps it busy; SCRIPT KILL ends that'],
  MASTERDOWN: [LockNetworkError, 'its master is down'],
  CLUSTERDOWN: [LockNetworkError, 'the Cluster is down: not all of its slots have a server'],
  MOVED: [LockNetworkError, 'the slot moves to another server of the Cluster'],
  ASK: [LockNetworkError, 'the slot moves to another server of the Cluster'],
  TRYAGAIN: [LockNetworkError, 'the slot moves to another server of the Cluster'],
  NOREPLICAS: [LockNetworkError, 'it has too few replicas to accept a write'],
  MISCONF: [LockNetworkError, 'it cannot save its data, and accepts no write'],
  CROSSSLOT: [LockConfigError, 'it is a Cluster; give a Cluster client'],
};
const WORD = /^[A-Z][A-Z\d]*\b/;
/** What Redis 7.0 says instead of `NOPERM` where a script does what its user may not do. */
const FORBIDDEN = 'ERR The user executing the script can';
const MAX_WORD = 100;

/** After these the connection is to the wrong server, and another one is to be made. */
const ELSEWHERE: ReadonlySet<string> = new Set(['READONLY', 'MASTERDOWN', 'UNBLOCKED']);

/** After these nothing was done, and it may be done soon: the server loads, or moves, or waits for others, or another one takes its place. */
const PASSING: ReadonlySet<string> = new Set([
  'TRYAGAIN',
  'ASK',
  'MOVED',
  'CLUSTERDOWN',
  'LOADING',
  'BUSY',
  'MASTERDOWN',
  'READONLY',
  'NOREPLICAS',
  'MISCONF',
]);

/** An error of Redis that a script has caught: older servers say before it where in the script that was. */
export function caughtError(said: string): Error {
  return new Error(said.replace(/^@user_script: ?\d+: ?-?/, ''));
}

/** The first word of an error of Redis; `undefined` for an error that is none of Redis. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return error.message.startsWith(FORBIDDEN) ? 'NOPERM' : WORD.exec(error.message)?.[0];
}

/** Is this not the server to ask? */
export function isElsewhere(error: unknown): boolean {
  return ELSEWHERE.has(codeOf(error) ?? '');
}

/** Does the server not let this user in, or not do that? */
export function isDenied(error: unknown): boolean {
  return ERRORS[codeOf(error) ?? '']?.[0] === LockAuthenticationError;
}

/** Has it done nothing, and may it be able to soon? */
export function isPassing(error: unknown): boolean {
  return PASSING.has(codeOf(error) ?? '');
}

/** Does it tell of what a script has done, and not of the state of the server? */
export function isOfScript(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && (code === 'WRONGTYPE' || ERRORS[code] === undefined);
}

/** As messages call it: `the lock 'a'`. */
export function called({ kind = 'lock', name }: { readonly kind?: Kind | undefined; readonly name: string }): string {
  return `the ${kind} '${name}'`;
}

/** What an error of Redis, or of its client, is to us. */
export function errorOfReply(thrown: unknown, { what, where, kind, name }: Asked): LockError {
  if (thrown instanceof LockError) return thrown;
  const whom = name === undefined ? what : `${what} ${called({ kind, name })}`;
  const code = codeOf(thrown);
  const known = code === undefined ? undefined : ERRORS[code];
  if (code !== undefined && known !== undefined) {
    const [Class, why] = known;
    return new Class(`cannot ${whom}: Redis at ${where} answers ${code}: ${why}`, { name, cause: thrown });
  }
  const said = thrown instanceof Error ? thrown.message : 'something that is no error';
  const short = said.length > MAX_WORD ? `${said.slice(0, MAX_WORD)}…` : said;
  return new LockNetworkError(`cannot ${whom} on Redis at ${where}: ${short}`, { name, cause: thrown });
}
