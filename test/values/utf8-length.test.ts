import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8Length } from '../../src/values/utf8-length.js';

describe('utf8Length', () => {
  it('counts bytes', () => {
    expect(['', 'a', 'ü', '锁', '𝒜'].map(utf8Length)).toEqual([0, 1, 2, 3, 4]);
  });

  it('counts as an encoder does, also what is half a character', () => {
    const encoder = new TextEncoder();
    const part = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\ud835', '\udc9c', '\u07ff', '\u0800', '\uffff'),
    );
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const text = parts.join('');
        expect(utf8Length(text)).toBe(encoder.encode(text).length);
      }),
    );
  });
});
