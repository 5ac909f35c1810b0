import { describe, expect, it } from 'vitest';
import { LockValidationError } from '../../src/contract/errors.js';
import { readTokens } from '../../src/server/read-tokens.js';

describe('readTokens', () => {
  it('reads a line for each token, and leaves out comments and empty lines', () => {
    const text = '\uFEFF# who may\n\nalice:one\r\n  bob : two:with:colons \nalice:three\n';
    expect(readTokens(text, 'tokenFile')).toEqual([
      { name: 'alice', token: 'one' },
      { name: 'bob', token: 'two:with:colons' },
      { name: 'alice', token: 'three' },
    ]);
  });

  it.each([
    ['alice:fine\nsecret-without-name', 'line 2'],
    [':secret', 'line 1'],
    ['a b:secret', 'line 1'],
    [`${'a'.repeat(65)}:secret`, 'line 1'],
    ['alice:', 'line 1'],
    ['# x\nalice:sec ret', 'line 2'],
    ['alice:secr\u00e9t', 'line 1'],
    [`alice:${'secret'.repeat(50)}`, 'line 1'],
    ['alice:secret\n\nbob:secret', 'line 3'],
    ['', 'no token'],
    ['# alice:secret', 'no token'],
  ])('refuses %j, and shows nothing of it', (text, told) => {
    const read = (): unknown => readTokens(text, 'tokenFile');
    expect(read).toThrow(LockValidationError);
    expect(read).toThrow(told);
    expect(read).toThrow(/^tokenFile/);
    expect(read).not.toThrow(/secret|sec ret|secr/);
  });
});
