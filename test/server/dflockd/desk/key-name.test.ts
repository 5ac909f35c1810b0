import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keptName, nameOf, showName } from '../../../../src/server/dflockd/desk/key-name.js';

function bytesOf(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** Keys as they arrive: text, and bytes that are none, short and long. */
const key = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).map(bytesOf),
  fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
);

describe('the name of a key', () => {
  it('is the same when it is kept', () => {
    fc.assert(
      fc.property(key, (one) => {
        expect(keptName(nameOf(one))).toBe(nameOf(one));
      }),
    );
  });

  it('is nobody else’s', () => {
    fc.assert(
      fc.property(key, key, (one, other) => {
        fc.pre(one !== other);
        expect(nameOf(one)).not.toBe(nameOf(other));
      }),
    );
  });

  it.each(['k', 'a key without any special character', 'größe', '名'.repeat(30), '🔒'.repeat(30)])(
    'of %s is that text',
    (text) => {
      expect(keptName(nameOf(bytesOf(text)))).toBe(text);
      expect(showName(nameOf(bytesOf(text)))).toBe(text);
    },
  );

  it('of bytes that are no text is shown as text all the same', () => {
    expect(showName(nameOf('a\xffb'))).toBe('a\ufffdb');
    expect(showName(keptName(nameOf('\xff'.repeat(20))))).toBe('\ufffd'.repeat(20));
  });
});
