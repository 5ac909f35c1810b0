import fc from 'fast-check';
import { mutated } from './support.js';

const seconds = fc.oneof(
  fc.constantFrom('0', '1', '30', '33', '600', '9999999999', '99999999999', '-1', '1.5', ''),
  fc.nat().map(String),
);
const token = fc.oneof(fc.constantFrom('0a1b2c', 'T', ''), fc.string({ unit: 'binary-ascii', maxLength: 12 }));

/** What a server may answer, and what it may not. Without its end. */
export const answer: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('ok 0a1b2c 30', 'acquired 0a1b2c 30 7', 'ok 30', 'ok', 'queued', 'timeout') },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'error',
      'error_lease_expired',
      'error_not_enqueued',
      'error_already_enqueued',
      'error_max_locks',
      'error_max_waiters',
      'error_limit_mismatch',
      'error_type_mismatch',
      'error_somehow',
    ),
  },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom('ok', 'acquired'), token, seconds).map((words) => words.join(' ')) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'ok {"connections":1,"locks":[{"key":"a","owner_conn_id":1}],"semaphores":null}',
      'ok {"locks":[null,5,{}],"__proto__":{"polluted":1}}',
      'ok {',
      'sig orders.created {"a": 1}',
      'sig ',
      'ok 3',
    ),
  },
  { weight: 1, arbitrary: mutated(fc.constantFrom('ok 0a1b2c 30', 'acquired 0a1b2c 30', 'queued', 'error_max_locks')) },
);

/** Bytes that a hostile server sends at once: lines, half lines, lines without an end, anything. */
export const bytes: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 12, arbitrary: answer.map((line) => Buffer.from(`${line}\n`, 'latin1')) },
  { weight: 2, arbitrary: fc.array(answer, { maxLength: 4 }).map((lines) => Buffer.from(lines.join('\n'), 'latin1')) },
  { weight: 1, arbitrary: answer.map((line) => Buffer.from(`${line}\r\n`, 'latin1')) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }).map((raw) => Buffer.from(raw)) },
  { weight: 1, arbitrary: fc.nat({ max: 1500 }).map((length) => Buffer.alloc(length, 'x')) },
);
