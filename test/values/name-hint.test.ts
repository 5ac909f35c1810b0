import { describe, expect, it } from 'vitest';
import { dashed } from '../../src/values/dashed.js';
import { nameHint } from '../../src/values/name-hint.js';

describe('the hint of what name is taken', () => {
  const isTaken = (name: string): boolean => /^[a-z-]+$/.test(name);

  it.each([
    ['user:42 b', "; try 'user-b'"],
    [':a:', "; try 'a'"],
    ['::', ''],
    ['', ''],
    [undefined, ''],
    ['a:'.repeat(41), ''],
    ['a'.repeat(257), ''],
  ])('for %j is %j', (name, hint) => {
    expect(nameHint(name, (text) => dashed(text, /[^a-z-]+/g), isTaken)).toBe(hint);
  });
});
