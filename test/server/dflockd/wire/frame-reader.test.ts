import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader, MAX_LINE, type Frame } from '../../../../src/server/dflockd/wire/frame-reader.js';

function readAll(reader: FrameReader): (Frame | string)[] {
  const all: (Frame | string)[] = [];
  for (;;) {
    const next = reader.next();
    all.push(next);
    if (typeof next === 'string') return all;
  }
}

describe('FrameReader', () => {
  it('reads the same requests however the text is cut', () => {
    const line = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\r', '\xff'), maxLength: 20 });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), fc.array(fc.nat({ max: 60 })), (lines, cuts) => {
        const text = lines.map((one) => `${one}\n`).join('');
        const whole = new FrameReader();
        whole.push(text);
        const expected = readAll(whole);
        const cut = new FrameReader();
        const got: (Frame | string)[] = [];
        let at = 0;
        for (const size of [...cuts, text.length]) {
          cut.push(text.slice(at, at + size));
          at += size;
          got.push(...readAll(cut).filter((one) => typeof one !== 'string'));
        }
        expect([...got, 'incomplete']).toEqual(expected);
        const plain = lines.map((one) => one.replace(/\r+$/, ''));
        expect(got.flat()).toEqual(plain.slice(0, plain.length - (plain.length % 3)));
      }),
    );
  });

  it('takes lines of 256 bytes and no more', () => {
    const longest = 'x'.repeat(MAX_LINE);
    const good = new FrameReader();
    good.push(`${longest}\n${longest}\n${longest}\n`);
    expect(readAll(good)).toEqual([[longest, longest, longest], 'incomplete']);
    for (let line = 0; line < 3; line++) {
      const bad = new FrameReader();
      bad.push(`${'a\n'.repeat(line)}${longest}x`);
      expect(bad.next()).toBe('incomplete');
      bad.push('yz\na\nb\n');
      expect(bad.next()).toBe('too-long');
      bad.push('a\nb\nc\n');
      expect(bad.next()).toBe('too-long');
    }
  });

  it('keeps nothing of a line that is too long', () => {
    const reader = new FrameReader();
    for (let index = 0; index < 1000; index++) {
      reader.push('x'.repeat(65_536));
      expect(reader.next()).toBe('incomplete');
      expect(reader.size).toBe(0);
    }
    reader.push('\nl\nk\n0\n');
    expect(reader.next()).toBe('too-long');
    expect(reader.size).toBe(0);
  });

  it('keeps no more than the unfinished request', () => {
    const reader = new FrameReader();
    for (let index = 0; index < 1000; index++) {
      reader.push(`${'l\nk\n0\n'.repeat(1000)}l\nke`);
      readAll(reader);
      expect(reader.size).toBe(4);
      reader.push('y\n0\n');
      expect(reader.next()).toEqual(['l', 'key', '0']);
    }
  });
});
