import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_DURATION, parseDuration } from '../../src/values/duration.js';
import { LockValidationError } from '../../src/contract/errors.js';

describe('parseDuration', () => {
  it.each([
    ['0ms', 0],
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5s', 1500],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    [' 30s ', 30_000],
    ['0.5ms', 0.5],
    [0, 0],
    [1, 1],
    [250.5, 250.5],
    [MAX_DURATION, MAX_DURATION],
  ])('reads %j as %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
    // The second time from memory.
    expect(parseDuration(text)).toBe(ms);
  });

  it('reads what binary fractions cannot express exactly', () => {
    expect(parseDuration('8.2m')).toBe(492_000);
    expect(parseDuration('1.005s')).toBe(1005);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2_000_000 }), (ms) => {
        expect(parseDuration(`${(ms / 1000).toFixed(3)}s`)).toBe(ms);
      }),
    );
  });

  it.each([
    '',
    '30',
    's',
    '30 s',
    '30S',
    '-30s',
    '+30s',
    '1e3s',
    '30s30s',
    '.5s',
    '1.s',
    '30sec',
    '３０s',
    'Infinity',
    '1,5s',
  ])('refuses %j', (text) => {
    expect(() => parseDuration(text)).toThrow(LockValidationError);
    expect(() => parseDuration(text)).toThrow(/has no unit|is not a duration/);
  });

  it.each([-1, Number.NaN, -Infinity])('refuses %d', (ms) => {
    expect(() => parseDuration(ms)).toThrow(/is not a number of at least 0/);
  });

  it.each([MAX_DURATION + 1, Infinity, '25d', '600h', `${'9'.repeat(400)}s`])(
    'refuses %s, which no timer can wait for',
    (duration) => {
      expect(() => parseDuration(duration)).toThrow(/24\.8 days/);
    },
  );

  it.each([undefined, null, true, {}, [], 5n, Symbol('s')])('refuses what is neither: %s', (value) => {
    expect(() => parseDuration(value as string)).toThrow(LockValidationError);
  });

  it('names the option, in the message and as a property', () => {
    let error: unknown;
    try {
      parseDuration('soon', 'maxHold');
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ option: 'maxHold', code: 'ERR_LOCK_VALIDATION', retryable: false });
    expect((error as Error).message).toContain('maxHold "soon"');
  });

  it('shows no more of a long text than its beginning', () => {
    expect(() => parseDuration('x'.repeat(10_000))).toThrow(/^.{1,120}$/);
  });

  it('does not remember without bound, nor what was refused', () => {
    for (let i = 0; i < 1000; i++) expect(parseDuration(`${String(i)}ms`)).toBe(i);
    expect(() => parseDuration('never')).toThrow(LockValidationError);
    expect(() => parseDuration('never')).toThrow(LockValidationError);
  });
});
