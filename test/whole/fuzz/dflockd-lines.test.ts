import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorOf, isRefusal, readCount, readGrant, readRenewal } from '../../../src/backends/dflockd/wire/answer.js';
import { decodeLine, LineReader } from '../../../src/backends/dflockd/wire/line-reader.js';
import { readSignal } from '../../../src/backends/dflockd/telling/signals.js';
import { readStats } from '../../../src/backends/dflockd/telling/stats.js';
import { FrameReader, MAX_LINE } from '../../../src/server/dflockd/wire/frame-reader.js';
import { answer, bytes } from './support/dflockd-answers.js';
import { fuzz } from './support/support.js';

/** Each run has so many lines at least. */
const LINES = 20;

/** Cuts something into pieces at any places. */
function cutAt<T extends { readonly length: number }>(
  whole: T,
  cuts: readonly number[],
  slice: (from: number, to: number) => T,
): readonly T[] {
  const places = [0, ...cuts.map((cut) => cut % (whole.length + 1)).toSorted((a, b) => a - b), whole.length];
  return places.slice(1).map((end, index) => slice(places[index]!, end));
}

const cuts = fc.array(fc.nat(), { maxLength: 30 });

describe('the lines of a dflockd client', () => {
  it('are found wherever the bytes are cut, and are no longer than they may be', () => {
    const chunks = fc.array(bytes, { minLength: LINES, maxLength: LINES });
    fuzz(1 / LINES, fc.tuple(chunks, cuts, fc.integer({ min: 1, max: 1200 })), ([all, at, limit]) => {
      const whole = Buffer.concat(all);
      const lines: string[] = [];
      const reader = new LineReader(
        () => limit,
        (line) => lines.push(line),
      );
      let isGood = true;
      for (const piece of cutAt(whole, at, (from, to) => whole.subarray(from, to))) {
        isGood &&= reader.push(piece);
        // What is kept is part of one line.
        expect((reader as unknown as { readonly size: number }).size).toBeLessThanOrEqual(
          isGood ? limit : whole.length,
        );
      }
      const expected = whole.toString('latin1').split('\n');
      const rest = expected.pop()!;
      const tooLong = expected.findIndex((line) => line.length > limit);
      const found = tooLong < 0 ? expected : expected.slice(0, tooLong);
      expect(lines).toEqual(found.map((line) => line.replace(/\r$/, '')));
      expect(isGood).toBe(tooLong < 0 && rest.length <= limit);
    });
  });

  it('are understood, or are not: nothing is thrown, and no number is without bounds', () => {
    fuzz(1, fc.oneof(answer, fc.string({ unit: 'binary', maxLength: 80 })), (line) => {
      const granted = readGrant(line);
      if (granted !== undefined) {
        expect(granted.token).toMatch(/^[!-~]{1,200}$/);
        expect(granted.lease).toBeGreaterThanOrEqual(1);
        expect(granted.lease).toBeLessThan(1e10);
      }
      for (const seconds of [readRenewal(line), readCount(line)]) {
        if (seconds !== undefined) expect(Number.isSafeInteger(seconds) && seconds >= 0).toBe(true);
      }
      if (isRefusal(line)) expect(errorOf(line, { what: 'do it', where: 'here' }).message).toMatch(/^\P{Cc}{1,120}$/u);
      const stats = readStats(line);
      if (stats !== undefined) expect(stats.locks.every(({ key }) => typeof key === 'string')).toBe(true);
      const signal = readSignal(line);
      if (signal !== undefined) expect(signal.channel).not.toContain(' ');
      decodeLine(line);
    });
  });
});

describe('the requests that a dflockd server reads', () => {
  const part = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom('l', 'k', '0 30', 'stats', '_', '', 'r', '\r', 'a\r\r') },
    {
      weight: 2,
      arbitrary: fc.string({ unit: fc.nat({ max: 255 }).map((byte) => String.fromCharCode(byte)), maxLength: 20 }),
    },
    { weight: 1, arbitrary: fc.integer({ min: 250, max: 260 }).map((length) => 'x'.repeat(length)) },
  );
  const FRAMES = 20;

  it('are found wherever they are cut, and no more is kept than one of them', () => {
    const text = fc.array(part, { minLength: 3 * FRAMES, maxLength: 3 * FRAMES }).map((parts) => parts.join('\n'));
    fuzz(1 / FRAMES, fc.tuple(text, cuts), ([whole, at]) => {
      const reader = new FrameReader();
      const found: string[] = [];
      let isOver = false;
      for (const piece of cutAt(whole, at, (from, to) => whole.slice(from, to))) {
        reader.push(piece);
        for (let next = reader.next(); next !== 'incomplete'; next = reader.next()) {
          if (next === 'too-long') {
            isOver = true;
            break;
          }
          found.push(...next);
        }
        expect(reader.size).toBeLessThanOrEqual(3 * (MAX_LINE + 1));
      }
      const lines = whole.split('\n').slice(0, -1);
      const tooLong = lines.findIndex((line) => line.length > MAX_LINE);
      const good = tooLong < 0 ? lines : lines.slice(0, tooLong);
      expect(isOver).toBe(tooLong >= 0);
      expect(found).toEqual(good.slice(0, good.length - (good.length % 3)).map((line) => line.replace(/\r+$/, '')));
    });
  });
});
