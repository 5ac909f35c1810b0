import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkName } from '../../../../src/backends/dflockd/wire/text.js';
import { LockValidationError } from '../../../../src/contract/errors.js';

function messageOf(name: string, semaphorePrefix = 'sem:'): string | undefined {
  try {
    checkName(name, semaphorePrefix);
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(LockValidationError);
    expect(error).toMatchObject({ option: 'name' });
    return (error as Error).message;
  }
}

describe('the name of a lock on dflockd', () => {
  it.each(['user:42', 'a/b', 'ü', 'sem', 'a;b'])('may be %j', (name) => {
    expect(messageOf(name)).toBeUndefined();
  });

  it.each([
    ['nightly report', /white space.*; try 'nightly-report'$/],
    [' a\t\u202eb\n', /white space.*; try 'a-b'$/],
    ['a\ud835', /an unpaired surrogate; try 'a'$/],
    ['sem:a', /which is for semaphores; try 'a'$/],
    ['sem:sem:a', /which is for semaphores; try 'a'$/],
    ['sem:', /which is for semaphores$/],
    [' ', /an unpaired surrogate$/],
    ['', /is empty$/],
    ['x '.repeat(200), /an unpaired surrogate$/],
  ])('is no %j, but is what is proposed', (name, message) => {
    expect(messageOf(name)).toMatch(message);
    expect(messageOf(name)).not.toMatch(/[\p{C}]/u);
  });

  it('is what is proposed, whatever was refused', () => {
    const pieces = fc.constantFrom('a', 'ü', ' ', '\n', ':', 's:', '-', '\ud835', '\u202e', '\0', "'");
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
        const like = /; try '(.*)'$/su.exec(messageOf(parts.join(''), 's:') ?? '')?.[1];
        if (like !== undefined) expect(messageOf(like, 's:')).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });
});
