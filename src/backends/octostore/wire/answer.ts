import { MAX_DEMAND } from '../../../values/demanded.js';
import { MAX_DURATION } from '../../../values/duration.js';
import {
  LockAuthenticationError,
  LockCapacityError,
  LockNetworkError,
  LockValidationError,
  type LockError,
} from '../../../contract/errors.js';

const CODES = [
  'authentication_required',
  'authentication_failed',
  'forbidden',
  'invalid_input',
  'invalid_ttl',
  'invalid_lock_name',
  'not_found',
  'session_expired',
  'lease_not_current',
  'conflict',
  'capacity_exceeded',
  'lock_limit_exceeded',
  'rate_limited',
  'upstream_unavailable',
  'internal_error',
] as const;

/** The service's own word for an error. Anything else that stands in its place is not repeated to anybody. */
export type Code = (typeof CODES)[number];

const KNOWN: ReadonlySet<string> = new Set(CODES);

export function knownCode(code: string | undefined): Code | undefined {
  return code !== undefined && KNOWN.has(code) ? (code as Code) : undefined;
}

/** What is known of an answer before it is read. */
export interface Inquiry {
  /** What the service was asked to do, for messages: `'acquire the lock'`. */
  readonly what: string;
  /** The lock that it is about, if any. */
  readonly lock: string | undefined;
  /** No token was sent. */
  readonly anonymous: boolean;
  /** On `clock.elapsed`. */
  readonly sentAt: number;
}

/** What the service said, whatever it said. */
export interface Answer extends Inquiry {
  readonly status: number;
  readonly text: string;
  /** `undefined` if it is no JSON. */
  readonly json: unknown;
  readonly code: Code | undefined;
  /** Milliseconds before which the service wants no other request. */
  readonly retryAfter: number | undefined;
}

export function isOk({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

/** A yes in the service's own language: any proxy can answer 200 with a page. */
export function isUnderstood(answer: Answer): boolean {
  return isOk(answer) && (answer.json !== undefined || answer.text === '');
}

/** The session that was used is no more, and neither is any lock of it. Only the service's own words say so: a 404 of some proxy does not. */
export function isSessionGone({ code }: Answer): boolean {
  return code === 'session_expired' || code === 'not_found';
}

/** The lease is not ours any more. */
export function isLeaseGone(answer: Answer): boolean {
  return answer.code === 'lease_not_current' || answer.code === 'session_expired' || answer.code === 'not_found';
}

const answers = new WeakMap<LockError, Answer>();

/** What an error of {@link errorOf} stands for. */
export function answerBehind(error: LockError): Answer | undefined {
  return answers.get(error);
}

/** The error that an answer stands for. */
export function errorOf(answer: Answer): LockError {
  const error = read(answer);
  answers.set(error, answer);
  return error;
}

function read(answer: Answer): LockError {
  const { what, lock: name, status, code, retryAfter } = answer;
  const word = code === undefined ? '' : ` ${code}`;
  const said = `OctoStore, asked to ${what}, answered ${String(status)}${word}`;
  if (status >= 300 && status < 400) {
    return new LockNetworkError(`${said}: it redirects, and rxlock follows no redirect`, { name });
  }
  if (isOk(answer)) return new LockNetworkError(`${said} with an answer that could not be understood`, { name });
  if (status === 401) {
    const why = answer.anonymous ? 'it needs a token, and none was given' : 'the token is not valid';
    return new LockAuthenticationError(`${said}: ${why}`, { name });
  }
  if (status === 429 || code === 'rate_limited' || code === 'capacity_exceeded' || code === 'lock_limit_exceeded') {
    return new LockCapacityError(said + demandOf(answer), { name, retryAfter });
  }
  if (code === 'forbidden') return new LockAuthenticationError(`${said}: this token may not do that`, { name });
  if (code === 'invalid_ttl') return new LockValidationError(said, { name, option: 'ttl' });
  if (code === 'invalid_lock_name') return new LockValidationError(said, { name, option: 'name' });
  if (code === 'invalid_input') return new LockValidationError(said, { name });
  return new LockNetworkError(said + demandOf(answer), { name, retryAfter });
}

/** Tells of a demand that nobody keeps to for as long: whoever wonders why hears of it. */
function demandOf({ retryAfter = 0 }: Answer): string {
  if (retryAfter <= MAX_DEMAND) return '';
  return `: it asks to be left alone for ${String(Math.ceil(retryAfter / MAX_DEMAND))} hours, which counts as one`;
}

/** The two forms of a date that end with their zone, and the old one that has none. */
const HTTP_DATE =
  /^[A-Z][a-z]+(, \d\d[ -][A-Z][a-z]{2}[ -]\d{2,4} \d\d:\d\d:\d\d GMT| [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4})$/;

/**
 * Reads a `Retry-After` header.
 *
 * @param header Seconds, or a date as HTTP writes them.
 * @param now Epoch milliseconds.
 * @returns Milliseconds; undefined if it is neither.
 */
export function readRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : readHttpDate(text) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), MAX_DURATION);
}

/** @returns NaN for any other date: what an engine takes for one, `"3601"` in quotation marks too, is its own affair. */
function readHttpDate(text: string): number {
  if (!HTTP_DATE.test(text)) return Number.NaN;
  return Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
}
