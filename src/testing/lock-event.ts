import { LockValidationError } from '../contract/errors.js';
import type { LockEventType, LostReason } from '../contract/lease.js';
import type { LockMode } from '../contract/options.js';
import { LOCK_EVENT_TYPES } from '../values/lock-event-types.js';

/** What is expected of an event. What is not given is not compared. */
export interface ExpectedFields {
  readonly name?: string;
  /** Milliseconds since the epoch; under virtual time, the frame. */
  readonly at?: number;
  /** Of the lease. */
  readonly fencingToken?: bigint | undefined;
  /** Of the lease; of `waiting`, who has the lock. */
  readonly holder?: string | undefined;
  /** Of the lease. */
  readonly metadata?: string | undefined;
  /** Of the lease. Milliseconds. */
  readonly ttl?: number;
  /** Of `lost`. */
  readonly reason?: LostReason;
  /** Of `uncertain`. Milliseconds. */
  readonly remaining?: number;
  /** Of `waiting`. */
  readonly position?: number | undefined;
  /** Of `waiting`: how the lock is held. */
  readonly mode?: LockMode | undefined;
  /** Of `waiting`. */
  readonly attempt?: number;
  /** Of `waiting`. Milliseconds. */
  readonly retryIn?: number | undefined;
  /** Of `waiting`. */
  readonly self?: boolean | undefined;
  /** Of `waiting`, `uncertain` and `lost`: an error, compared by name and message, or the `code` of a `LockError`. */
  readonly cause?: unknown;
}

/** What is expected of an event, as {@link lockEvent} makes it. */
export interface ExpectedEvent {
  readonly type: LockEventType;
  readonly fields: ExpectedFields;
  /** Understood by the `expect` of vitest, jest and jasmine. */
  asymmetricMatch(actual: unknown): boolean;
  /** `lockEvent('acquired')`. */
  toString(): string;
  /** As a test runner prints it, with what is expected. */
  toAsymmetricMatcher(): string;
}

const EXPECTED = Symbol.for('rxlock.expected-event');

class Expectation implements ExpectedEvent {
  /** Tells vitest and jest to print it by `toAsymmetricMatcher`. */
  readonly $$typeof = Symbol.for('jest.asymmetricMatcher');
  readonly [EXPECTED] = true;

  constructor(
    readonly type: LockEventType,
    readonly fields: ExpectedFields,
  ) {}

  asymmetricMatch(actual: unknown): boolean {
    const wanted = this.plain();
    const seen = project(actual, this);
    return Object.entries(wanted).every(([key, value]) => Object.is((seen as Record<string, unknown>)[key], value));
  }

  plain(): Record<string, unknown> {
    const { cause, ...others } = this.fields;
    return 'cause' in this.fields
      ? { type: this.type, ...others, cause: nameOf(cause) }
      : { type: this.type, ...others };
  }

  toJSON(): Record<string, unknown> {
    const { fencingToken } = this.fields;
    return fencingToken === undefined ? this.plain() : { ...this.plain(), fencingToken: fencingToken.toString() };
  }

  toString(): string {
    return `lockEvent('${this.type}')`;
  }

  toAsymmetricMatcher(): string {
    const fields = Object.entries(this.plain()).map(([key, value]) => `${key}: ${show(value)}`);
    return `lockEvent { ${fields.join(', ')} }`;
  }
}

/**
 * An event as a test expects it, without the ids and times that no test can know: only what is given is compared.
 *
 * The marble helpers of `rxlock/testing` understand it, and so does the `expect` of vitest, jest and jasmine.
 *
 * @param type The event's type.
 * @param fields What else to compare. Fields of the lease are written beside those of the event.
 * @throws LockValidationError for a type that no event has: it would never match.
 *
 * @example
 * ```ts
 * import { createLocks, memory } from 'rxlock';
 * import { lockEvent, marbles } from 'rxlock/testing';
 *
 * const test = marbles(({ createLocks, expectObservable }) => {
 *   const locks = createLocks(memory());
 *   expectObservable(locks.lock$('a', '30s'), '^--!').toBe('a', { a: lockEvent('acquired', { name: 'a', fencingToken: 1n }) });
 * });
 * test();
 * ```
 */
export function lockEvent(type: LockEventType, fields: ExpectedFields = {}): ExpectedEvent {
  if (!Object.hasOwn(LOCK_EVENT_TYPES, type))
    throw new LockValidationError('type is none of the events of a lock', { option: 'type' });
  return new Expectation(type, fields);
}

/** @internal */
export function isExpectedEvent(value: unknown): value is ExpectedEvent & { plain(): Record<string, unknown> } {
  return typeof value === 'object' && value !== null && EXPECTED in value;
}

/** @internal What an expectation looks at, of an event that came; anything else stays as it is. */
export function project(actual: unknown, expected: ExpectedEvent): unknown {
  if (typeof actual !== 'object' || actual === null || !('type' in actual)) return actual;
  const event = actual as Record<string, unknown>;
  const lease = (event['lease'] ?? {}) as Record<string, unknown>;
  const seen: Record<string, unknown> = { type: event['type'] };
  for (const key of Object.keys(expected.fields)) {
    if (key === 'cause') seen[key] = causeOf(event[key], expected.fields.cause);
    else seen[key] = key in event || !(key in lease) ? event[key] : lease[key];
  }
  return seen;
}

/** A cause is compared by code if a code is expected, else by name and message. */
function causeOf(actual: unknown, expected: unknown): unknown {
  if (typeof expected === 'string') return (actual as { readonly code?: unknown } | undefined)?.code;
  return nameOf(actual);
}

function nameOf(cause: unknown): unknown {
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : cause;
}

function show(value: unknown): string {
  return typeof value === 'bigint' ? `${String(value)}n` : (JSON.stringify(value) ?? 'undefined');
}
