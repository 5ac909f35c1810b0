import {
  LockAuthenticationError,
  LockCapacityError,
  LockLostError,
  LockNetworkError,
  LockUnsupportedError,
  LockValidationError,
  type LockError,
} from '../../../contract/errors.js';
import type { Bye, Failed, Refused } from '../../../native/from-server.js';
import type { Kind } from '../../../values/kind-of.js';
import { show } from '../../../values/show.js';
import type { WireEnd } from './wire.js';

/** What a server says is for people: a sentence or two. UTF-16 units. */
const MAX_TEXT = 200;
/** What a code looks like: anything else may be a text of somebody else's. */
const CODE = /^\w{1,60}$/;

/** What was asked, for messages. */
export interface Asked {
  /** `'acquire'`. */
  readonly what: string;
  readonly where: string;
  /** What that was, if it was something with a name. */
  readonly kind?: Kind | undefined;
  readonly name?: string | undefined;
}

/** The lock, or whatever it is, that something is about. */
export interface Named {
  readonly kind: Kind;
  readonly name: string;
}

/** As messages call it: `the lock "a"`. */
export function called({ kind, name }: Named): string {
  return `the ${kind} ${show(name)}`;
}

/** Why an ask was not done, as the server says it. */
export function errorOfFailure({ code, message, retryAfter }: Failed, { what, where, kind, name }: Asked): LockError {
  const of = kind === undefined || name === undefined ? '' : ` ${called({ kind, name })}`;
  const text = `the server at ${where} could not ${what}${of}: ${textOf(message)}`;
  switch (code) {
    case 'invalid':
      return new LockValidationError(text, { name });
    case 'limit-mismatch':
      return new LockValidationError(text, { name, option: 'limit' });
    case 'gone':
      return new LockLostError(text, { name, reason: 'refused' });
    case 'limit':
    case 'storage':
      return new LockCapacityError(text, { name, retryAfter });
    case 'closing':
      return new LockNetworkError(text, { name, retryAfter });
  }
}

/** Why the server ends a connection, as it says it. */
export function errorOfGoodbye({ code, message, retryAfter }: Bye | Refused, where: string): LockError {
  const text = `the server at ${where} ended the connection: ${textOf(message)}`;
  switch (code) {
    case 'auth':
      return new LockAuthenticationError(text);
    case 'version':
      return new LockUnsupportedError(text);
    case 'limit':
      return new LockCapacityError(text, { retryAfter });
    default:
      return new LockNetworkError(text, { retryAfter });
  }
}

/** Why a connection is no more, as far as that is known. */
export function errorOfEnd(end: WireEnd, where: string, isOpen: boolean): LockError {
  const { status, cause } = end;
  if (status === 401) return new LockAuthenticationError(`the server at ${where} does not accept the token`);
  if (status === 403) return new LockAuthenticationError(`the server at ${where} does not accept this origin`);
  const what = isOpen
    ? `the connection to the server at ${where} has ended`
    : `the server at ${where} could not be reached`;
  const why = whyOf(end);
  // Whoever answers with a page is no server of locks, or this is not the port for WebSockets. A server that is full or ends says so from 429 on.
  const hint =
    end.hint ?? (status === undefined || status >= 429 ? undefined : 'is that the port --ws of rxlock serve?');
  const text = `${what}${why === undefined ? '' : ` (${why})`}${hint === undefined ? '' : `: ${hint}`}`;
  return new LockNetworkError(text, cause === undefined ? {} : { cause });
}

function whyOf({ code, status, cause }: WireEnd): string | undefined {
  if (status !== undefined) return `HTTP ${String(status)}`;
  if (code !== undefined) return `code ${String(code)}`;
  // Its message may hold anything.
  const known = (cause as { readonly code?: unknown } | null | undefined)?.code;
  return typeof known === 'string' && CODE.test(known) ? known : undefined;
}

/** What a server says may be anything: one line of it is shown. */
function textOf(message: string): string {
  return show(message, MAX_TEXT).slice(1, -1);
}
