import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LockValidationError } from '../../src/contract/errors.js';
import { validatePortableName } from '../../src/values/validate-portable-name.js';
import { utf8Length } from '../../src/values/utf8-length.js';

const component64 = 'x'.repeat(64);

describe('validatePortableName', () => {
  it.each([
    'a',
    '0',
    '-',
    '_',
    'nightly-report',
    'orders/1234',
    'a/b/c/d/e/f/g/h',
    '.hidden',
    '...',
    'v1.2.3',
    'a.',
    'Zürich',
    'вход',
    '锁/名',
    '٣',
    '½',
    '𝒜',
    component64,
    [component64, component64, component64, 'y'.repeat(61)].join('/'),
    'ü'.repeat(32),
    '𝒜'.repeat(16),
  ])('takes %j', (name) => {
    expect(() => {
      validatePortableName(name);
    }).not.toThrow();
  });

  it.each([
    ['', /is empty/],
    ['/', /empty component/],
    ['/a', /empty component/],
    ['a/', /empty component/],
    ['a//b', /empty component/],
    ['.', /component '\.'/],
    ['..', /component '\.\.'/],
    ['a/../b', /component '\.\.'/],
    ['a/.', /component '\.'/],
    ['a b', /a character other than/],
    ['a\n', /a character other than/],
    ['a\0', /a character other than/],
    ['a%2Fb', /a character other than/],
    ['a\\b', /a character other than/],
    ['a:b', /a character other than/],
    ['a*', /a character other than/],
    ['e\u0301', /a character other than/],
    ['😀', /a character other than/],
    ['\ud835', /a character other than/],
    ['a\u200bb', /a character other than/],
    [`${component64}x`, /component longer than 64 bytes/],
    ['ü'.repeat(33), /component longer than 64 bytes/],
    ['𝒜'.repeat(17), /component longer than 64 bytes/],
    [[component64, component64, component64, 'y'.repeat(62)].join('/'), /longer than 256 bytes/],
    ['ü/'.repeat(86) + 'x', /longer than 256 bytes/],
  ])('refuses %j', (name, why) => {
    expect(() => {
      validatePortableName(name);
    }).toThrow(why);
  });

  it.each([undefined, null, 5, true, {}, ['a'], Symbol('a')])('refuses what is not a string: %s', (name) => {
    expect(() => {
      validatePortableName(name as string);
    }).toThrow(/is not a string/);
  });

  it('throws an error that names the option and shows little of a long name', () => {
    let error: unknown;
    try {
      validatePortableName('x'.repeat(5000));
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(LockValidationError);
    expect(error).toMatchObject({ option: 'name' });
    expect((error as Error).message.length).toBeLessThan(120);
  });

  it.each([
    ['user:42', 'user/42'],
    ['nightly report', 'nightly-report'],
    ['C:\\jobs\\a', 'C/jobs/a'],
    ['/a//../b/', 'a/b'],
    ['e\u0301t\u00e9', 'été'],
    ['order #12', 'order-12'],
    ['a/ /b', 'a/b'],
  ])('proposes a name in place of %j: %s', (name, like) => {
    expect(() => {
      validatePortableName(name);
    }).toThrow(new RegExp(`; try '${like}'$`));
  });

  it.each(['', '/', '..', '😀', '\ud835', `${component64}x`, 'a:'.repeat(300)])('proposes none for %j', (name) => {
    expect(() => {
      validatePortableName(name);
    }).toThrow(/^(?!.*; try ).*$/s);
  });

  it('takes every name that it proposes', () => {
    const pieces = fc.constantFrom(
      'a',
      'Z',
      '.',
      '..',
      '-',
      '/',
      ':',
      ' ',
      'ü',
      'e\u0301',
      '😀',
      '\ud835',
      '\u202e',
      "'",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => {
        try {
          validatePortableName(parts.join(''));
        } catch (error) {
          const like = /; try '(.*)'$/su.exec((error as Error).message)?.[1];
          if (like !== undefined) validatePortableName(like);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('decides alike on its fast and its slow way', () => {
    const character = fc.constantFrom('a', 'Z', '9', '.', '-', '_', '/', ' ', 'ü', '𝒜');
    const names = fc.array(character, { maxLength: 80 }).map((characters) => characters.join(''));
    fc.assert(
      fc.property(names, (name) => {
        const parts = name.split('/');
        const expected =
          utf8Length(name) <= 256 &&
          parts.every((part) => /^[a-zA-Z0-9._\-ü𝒜]+$/u.test(part) && !/^\.\.?$/.test(part) && utf8Length(part) <= 64);
        let taken = true;
        try {
          validatePortableName(name);
        } catch {
          taken = false;
        }
        expect(taken).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });
});
