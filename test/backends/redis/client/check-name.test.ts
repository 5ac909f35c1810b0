import { describe, expect, it } from 'vitest';
import { checkName } from '../../../../src/backends/redis/client/check-name.js';
import { LockValidationError } from '../../../../src/contract/errors.js';

function messageOf(name: string): string | undefined {
  try {
    checkName(name);
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(LockValidationError);
    expect(error).toMatchObject({ option: 'name' });
    return (error as Error).message;
  }
}

describe('the name of a lock on Redis', () => {
  it.each(['user:42', 'a b', 'ü', '{a}', '%', 'x'.repeat(512)])('may be %j', (name) => {
    expect(messageOf(name)).toBeUndefined();
  });

  it.each([
    ['user\n42', /^the name "user\\n42" has a control character.*; try 'user-42'$/],
    ['\u202ea\0\ud800b', /; try 'a-b'$/],
    ['\n', /surrogate$/],
    ['', /is empty$/],
    ['x'.repeat(513), /is longer than 512 bytes$/],
  ])('is no %j, but is what is proposed', (name, message) => {
    expect(messageOf(name)).toMatch(message);
    expect(messageOf(name)).not.toMatch(/\p{C}/u);
  });
});
