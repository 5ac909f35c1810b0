import { describe, expect, it } from 'vitest';
import { isFencingToken } from '../../src/values/is-fencing-token.js';

describe('isFencingToken', () => {
  it.each(['0', '7', String(2 ** 53), '9223372036854775807', String(2n ** 64n - 1n)])('takes %s', (digits) => {
    expect(isFencingToken(digits)).toBe(true);
  });

  it.each(['', '-1', '1.5', '1e3', ' 1', String(2n ** 64n), '9'.repeat(21), '9'.repeat(1_000_000)])(
    'refuses what is none: %.30s',
    (digits) => {
      expect(isFencingToken(digits)).toBe(false);
    },
  );
});
