import { describe, expect, it } from 'vitest';
import { nearest } from '../../src/cli/nearest.js';

describe('nearest', () => {
  it.each([
    ['RXLOCK_MAX_TLT', 'RXLOCK_MAX_TTL'],
    ['RXLOCK_MAXTTL', 'RXLOCK_MAX_TTL'],
    ['RXLOCK_TOKENFILE', 'RXLOCK_TOKEN_FILE'],
    ['RXLOCK_TOKENZ', 'RXLOCK_TOKENS'],
    ['RXLOCK_SOMETHING_ELSE', undefined],
  ])('of %s is %s', (word, meant) => {
    expect(nearest(word, ['RXLOCK_TOKENS', 'RXLOCK_TOKEN_FILE', 'RXLOCK_MAX_TTL', 'RXLOCK_WS'])).toBe(meant);
  });
});
