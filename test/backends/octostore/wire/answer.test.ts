import { describe, expect, it } from 'vitest';
import { errorOf, readRetryAfter, type Answer } from '../../../../src/backends/octostore/wire/answer.js';

const NOW = Date.UTC(1994, 10, 6, 8, 49, 0);

describe('readRetryAfter', () => {
  it.each([
    ['7', 7000],
    [' 7 ', 7000],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 37_000],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 37_000],
    ['Sun Nov  6 08:49:37 1994', 37_000],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['99999999999999999999', 2 ** 31 - 1],
  ])('understands %j', (header, ms) => {
    expect(readRetryAfter(header, NOW)).toBe(ms);
  });

  it.each(['"3601"', '["3601",200]', '1e9', '-1', 'soon', 'in 2099', '2099-01-01T00:00:00Z', ''])(
    'takes %j for nothing, whatever an engine makes of it',
    (header) => {
      expect(readRetryAfter(header, NOW)).toBeUndefined();
    },
  );
});

describe('errorOf', () => {
  const answer = (status: number, retryAfter: number): Answer => ({
    what: 'acquire the lock',
    lock: 'a',
    anonymous: false,
    status,
    text: '{}',
    json: {},
    code: undefined,
    retryAfter,
    sentAt: 0,
  });

  it.each([
    [429, 3_600_001, 'answered 429: it asks to be left alone for 2 hours, which counts as one'],
    [503, 259_200_000, 'answered 503: it asks to be left alone for 72 hours, which counts as one'],
    [503, 3_600_000, 'answered 503'],
    [200, 259_200_000, 'answered 200 with an answer that could not be understood'],
  ])('says of %i with a demand of %i ms why it is not kept to, where it would be', (status, retryAfter, said) => {
    expect(errorOf(answer(status, retryAfter)).message).toBe(`OctoStore, asked to acquire the lock, ${said}`);
  });
});
