import { fieldsOf, integer, isKey, seconds, trimmed } from './arguments.js';
import type { Frame } from './frame-reader.js';
import type { Request } from './request.js';

type Reader = (key: string, argument: string, defaultLease: number) => Request | undefined;

const WILDCARD = /[*>]/;
const HTTP = /^[A-Z]+ \S* HTTP\/\d/;

/**
 * Understands a request.
 *
 * @param defaultLease For who names none, in milliseconds.
 * @returns Undefined for what is none.
 */
export function readRequest([command, key, argument]: Frame, defaultLease: number): Request | undefined {
  const readKeyless = KEYLESS.get(command);
  if (readKeyless !== undefined) return readKeyless(key, argument, defaultLease);
  const read = READERS.get(command);
  return read === undefined || !isKey(key) ? undefined : read(key, argument, defaultLease);
}

/** Is it the beginning of a request of HTTP? Any page can have a browser send one here, with requests of this protocol in its body. */
export function isHttp([command]: Frame): boolean {
  return HTTP.test(command);
}

const acquire: Reader = (key, argument, defaultLease) => {
  const [wait, lease, ...more] = fieldsOf(argument);
  return more.length > 0 ? undefined : acquisition(key, wait, '1', lease, defaultLease);
};

const acquireSemaphore: Reader = (key, argument, defaultLease) => {
  const [wait, limit, lease, ...more] = fieldsOf(argument);
  return more.length > 0 ? undefined : acquisition(key, wait, limit, lease, defaultLease);
};

function acquisition(
  key: string,
  wait: string | undefined,
  limitText: string | undefined,
  leaseText: string | undefined,
  defaultLease: number,
): Request | undefined {
  const timeout = seconds(wait, 0);
  const limit = integer(limitText, 1);
  const lease = leaseOr(leaseText, defaultLease);
  if (timeout === undefined || limit === undefined || lease === undefined) return undefined;
  return { type: 'acquire', key, timeout, limit, lease };
}

const enqueue: Reader = (key, argument, defaultLease) => {
  const [lease, ...more] = fieldsOf(argument);
  return more.length > 0 ? undefined : enqueueing(key, '1', lease, defaultLease);
};

const enqueueSemaphore: Reader = (key, argument, defaultLease) => {
  const [limit, lease, ...more] = fieldsOf(argument);
  return more.length > 0 ? undefined : enqueueing(key, limit, lease, defaultLease);
};

function enqueueing(
  key: string,
  limitText: string | undefined,
  leaseText: string | undefined,
  defaultLease: number,
): Request | undefined {
  const limit = integer(limitText, 1);
  const lease = leaseOr(leaseText, defaultLease);
  return limit === undefined || lease === undefined ? undefined : { type: 'enqueue', key, limit, lease };
}

const wait: Reader = (key, argument) => {
  const timeout = seconds(trimmed(argument), 0);
  return timeout === undefined ? undefined : { type: 'wait', key, timeout };
};

const renew: Reader = (key, argument, defaultLease) => {
  const [token, leaseText, ...more] = fieldsOf(argument);
  const lease = leaseOr(leaseText, defaultLease);
  if (token === undefined || lease === undefined || more.length > 0) return undefined;
  return { type: 'renew', key, token, lease };
};

const release: Reader = (key, argument) => {
  const token = trimmed(argument);
  return token === '' ? undefined : { type: 'release', key, token };
};

const publish: Reader = (channel, payload) =>
  payload === '' || WILDCARD.test(channel) ? undefined : { type: 'publish', channel, payload };

function leaseOr(text: string | undefined, defaultLease: number): number | undefined {
  return text === undefined ? defaultLease : seconds(text, 1);
}

/** Commands whose second line says nothing. */
const KEYLESS = new Map<string, Reader>([
  ['auth', (_key, argument) => ({ type: 'auth', token: trimmed(argument) })],
  ['stats', () => ({ type: 'stats' })],
  ['ping', () => ({ type: 'ping' })],
]);

const READERS = new Map<string, Reader>([
  ['l', acquire],
  ['sl', acquireSemaphore],
  ['e', enqueue],
  ['se', enqueueSemaphore],
  ['w', wait],
  ['sw', wait],
  ['n', renew],
  ['sn', renew],
  ['r', release],
  ['sr', release],
  ['signal', publish],
  ['listen', (pattern, argument) => ({ type: 'listen', pattern, group: trimmed(argument) })],
  ['unlisten', (pattern, argument) => ({ type: 'unlisten', pattern, group: trimmed(argument) })],
]);
