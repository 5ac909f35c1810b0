import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  errorOf,
  isLeaseGone,
  isOk,
  isSessionGone,
  isUnderstood,
  knownCode,
  readRetryAfter,
  type Answer,
} from '../../../src/backends/octostore/wire/answer.js';
import {
  dateField,
  field,
  idField,
  integerField,
  millisField,
  readJson,
  textField,
} from '../../../src/backends/octostore/wire/json.js';
import { readStatus, readStatuses } from '../../../src/backends/octostore/wire/status.js';
import { LockError } from '../../../src/contract/errors.js';
import { fuzz, jsonText, key, mutated, valueOrLockError } from './support/support.js';

const MAX = 2 ** 31 - 1;

/** What every reader of a field promises, whatever was sent. */
function readFields(json: unknown, name: string): void {
  const text = textField(json, name);
  expect(text === undefined || typeof text === 'string').toBe(true);
  const id = idField(json, name);
  if (id !== undefined) expect(decodeURIComponent(encodeURIComponent(id))).toBe(id);
  const integer = integerField(json, name);
  if (integer !== undefined) expect(integer).toBeGreaterThanOrEqual(0n);
  const millis = millisField(json, name);
  if (millis !== undefined) expect(millis >= 0 && millis <= MAX).toBe(true);
  const date = dateField(json, name);
  if (date !== undefined) expect(new Date(date).toISOString()).toBeTypeOf('string');
  if (field(json, name) !== undefined) expect(Object.hasOwn(json as object, name)).toBe(true);
}

function readAnswer(text: string, status: number): void {
  const json = readJson(text);
  const answer: Answer = {
    what: 'acquire the lock',
    lock: 'a',
    anonymous: false,
    status,
    text,
    json,
    code: knownCode(textField(json, 'code')),
    retryAfter: millisField(json, 'retry_after_ms') ?? readRetryAfter(text, 0),
    sentAt: 0,
  };
  const error = errorOf(answer);
  expect(error).toBeInstanceOf(LockError);
  // Of what was sent, only the words of the service's own list are repeated.
  expect(error.message).toMatch(
    /^OctoStore, asked to acquire the lock, answered \d+( [a-z_]+)?( with an answer that could not be understood.*|: .*)?$/,
  );
  expect([isOk, isUnderstood, isSessionGone, isLeaseGone].map((is) => typeof is(answer))).toEqual(
    Array(4).fill('boolean'),
  );
  const lock = readStatus(json, 'a');
  if (lock !== undefined) expect(JSON.parse(JSON.stringify(lock))).toMatchObject({ name: 'a', status: lock.status });
  for (const one of readStatuses(json) ?? []) expect(JSON.stringify(one)).toContain('"status"');
}

describe('the JSON reader', () => {
  it('gives a value or nothing for any text', () => {
    fuzz(0.1, fc.tuple(fc.string({ unit: 'binary', maxLength: 60 }), key), ([text, name]) => {
      valueOrLockError(() => {
        readFields(readJson(text), name);
      });
    });
  });

  it('reads JSON of any shape, field by field', () => {
    fuzz(0.15, fc.tuple(jsonText, key), ([text, name]) => {
      valueOrLockError(() => {
        readFields(readJson(text), name);
      });
    });
  });

  it('understands what it is answered, or says so', () => {
    fuzz(0.15, fc.tuple(mutated(jsonText), fc.integer({ min: 200, max: 599 })), ([text, status]) => {
      valueOrLockError(() => {
        readAnswer(text, status);
      });
    });
  });

  it('rounds no integer of 64 bits, and takes a larger one for none', () => {
    fuzz(0.05, fc.bigInt({ min: 0n, max: 2n ** 70n }), (integer) => {
      const spaced = readJson(`{"fencing_token" :\n ${integer}, "other": 1.5}`);
      expect(integerField(spaced, 'fencing_token')).toBe(integer < 2n ** 64n ? integer : undefined);
    });
    for (const digits of ['9'.repeat(1_000_000), `-${'9'.repeat(20)}`, '1e400', '0'.repeat(30)]) {
      expect(integerField(readJson(`{"fencing_token":${digits}}`), 'fencing_token')).toBeUndefined();
    }
  });

  it('reads the header Retry-After as a time that a timer can wait for', () => {
    const header = fc.oneof(
      fc.string({ maxLength: 30 }),
      fc.nat().map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    );
    fuzz(0.05, header, (text) => {
      const ms = readRetryAfter(text, 1_000_000);
      if (ms !== undefined) expect(ms >= 0 && ms <= MAX).toBe(true);
    });
  });
});
