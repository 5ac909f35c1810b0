import { describe, expect, it } from 'vitest';
import { readGrant, readRenewal, tokenOf } from '../../../../src/compat/dflockd/channel/told.js';

describe('readGrant', () => {
  it.each([
    ['ok tok 33', undefined, { lease: 33, sure: 33, renewal: 33 }],
    ['ok tok 33', 20, { lease: 33, sure: 20, renewal: 20 }],
    ['ok tok 20', 33, { lease: 20, sure: 20, renewal: 33 }],
    ['ok tok 33 18446744073709551615', undefined, { lease: 33, sure: 33, renewal: 33 }],
    ['ok tok 33.9', undefined, { lease: 33, sure: 33, renewal: 33 }],
    ['ok tok 33s', undefined, { lease: 33, sure: 33, renewal: 33 }],
    // 0 is kept; the shortest lease that there is is believed in.
    ['ok tok 0', undefined, { lease: 0, sure: 1, renewal: 30 }],
    ['ok tok 0', 20, { lease: 0, sure: 1, renewal: 20 }],
    // Not told: 30 s, or what was asked for if that is less. It is believed in if the request named it.
    ...['ok tok', 'ok tok ', 'ok tok x', 'ok tok -5', 'ok tok NaN', `ok tok ${'9'.repeat(400)}`].flatMap(
      (line) =>
        [
          [line, undefined, { lease: 30, sure: 1, renewal: 30 }],
          [line, 20, { lease: 20, sure: 20, renewal: 20 }],
          [line, 60, { lease: 30, sure: 30, renewal: 60 }],
        ] as const,
    ),
  ] as const)('reads %j of who asked for %s', (line, asked, told) => {
    expect(readGrant(line, 'ok', asked)).toEqual({ token: 'tok', ...told });
    expect(readGrant(line.replace('ok', 'acquired'), 'acquired', asked)).toEqual({ token: 'tok', ...told });
    expect(readGrant(line, 'acquired', asked)).toBeUndefined();
    expect(tokenOf(line)).toBe('tok');
  });

  it.each(['', 'ok', 'ok ', 'ok  33', 'okay tok 33', ' ok tok 33', 'timeout', 'queued', 'error', 'ok t\u00fc 33'])(
    'takes %j for none',
    (line) => {
      expect(readGrant(line, 'ok', undefined)).toBeUndefined();
      expect(tokenOf(line)).toBeUndefined();
    },
  );
});

describe('readRenewal', () => {
  it.each([
    ['ok 42', 60, 42, true],
    ['ok 42', undefined, 42, true],
    ['ok 42 7', 60, 42, true],
    ['ok 0', 60, 0, true],
    ['ok', 60, 60, false],
    ['ok', undefined, 30, false],
    ['ok x', 60, 30, false],
    ['ok -5', 20, 20, false],
    ['ok ', undefined, 30, false],
  ])('reads %j of who asked for %s', (line, asked, seconds, isTold) => {
    expect(readRenewal(line, asked)).toEqual({ seconds, isTold });
  });

  // A grant, say, is the answer to something else.
  it.each(['', 'okay', 'ok tok 33', 'acquired tok 33', 'error', 'timeout'])('takes %j for none', (line) => {
    expect(readRenewal(line, 60)).toBeUndefined();
  });
});
