import {
  LockCapacityError,
  LockNetworkError,
  LockUnsupportedError,
  LockValidationError,
  type LockError,
} from '../../../contract/errors.js';
import { isFencingToken } from '../../../values/is-fencing-token.js';

/** What a lock that was granted is known by. */
export interface Granted {
  /** A secret. */
  readonly token: string;
  /** Seconds. */
  readonly lease: number;
}

// Newer servers put a number behind these, which older ones do not know.
const GRANT = /^(?:ok|acquired) ([\x21-\x7e]{1,200}) (\d{1,10})(?: (\d{1,20}))?$/;
const RENEWAL = /^ok (\d{1,10})(?: (\d{1,20}))?$/;
const COUNT = /^ok (\d{1,10})$/;
const REFUSAL = /^error(?:_[a-z_]{1,40})?$/;

/** @returns `undefined` for anything else. */
export function readGrant(line: string): Granted | undefined {
  const [, token, lease, fence = '0'] = GRANT.exec(line) ?? [];
  if (token === undefined || lease === undefined || Number(lease) === 0 || !isFencingToken(fence)) return undefined;
  return { token, lease: Number(lease) };
}

/** @returns The seconds that a renewal confirmed; `undefined` for anything else. */
export function readRenewal(line: string): number | undefined {
  const [, lease, fence = '0'] = RENEWAL.exec(line) ?? [];
  return lease === undefined || Number(lease) === 0 || !isFencingToken(fence) ? undefined : Number(lease);
}

/** @returns How many heard a signal; `undefined` for anything else. */
export function readCount(line: string): number | undefined {
  const [, count] = COUNT.exec(line) ?? [];
  return count === undefined ? undefined : Number(count);
}

/** Does the service say no, in its own words? */
export function isRefusal(line: string): boolean {
  return REFUSAL.test(line);
}

/** What a refusal was about. */
export interface Asked {
  /** What the service was asked to do, for messages: `acquire the lock 'a'`. */
  readonly what: string;
  /** Which server: `host:port`. */
  readonly where: string;
  /** The lock that it is about, if any. */
  readonly name?: string | undefined;
  /** Of the semaphore that it is about. */
  readonly limit?: number | undefined;
}

/** The error that a refusal stands for. */
export function errorOf(line: string, { what, where, name, limit }: Asked): LockError {
  const said = `dflockd at ${where}, asked to ${what}, answered ${line}`;
  switch (line) {
    case 'error_max_locks':
    case 'error_max_waiters':
      return new LockCapacityError(said, { name });
    case 'error_limit_mismatch':
      return limit === undefined
        ? new LockValidationError(`${said}: the name is a semaphore's`, { name, option: 'name' })
        : new LockValidationError(`${said}: limit ${String(limit)} differs from the limit that others use`, {
            name,
            option: 'limit',
          });
    case 'error_type_mismatch':
      return new LockValidationError(`${said}: the name is in use for something else`, { name, option: 'name' });
    default:
      return new LockNetworkError(said, { name });
  }
}

/** The error that a plain `error` stands for where the arguments are known to be right: the server is an older one. */
export function unknownCommand({ what, where }: Asked): LockUnsupportedError {
  return new LockUnsupportedError(`dflockd at ${where} cannot ${what}`);
}

/** What came is no answer at all. What it was is not repeated: it may be anything. */
export function garbled({ what, where, name }: Asked): LockNetworkError {
  return new LockNetworkError(`dflockd at ${where}, asked to ${what}, gave an answer that could not be understood`, {
    name,
  });
}
