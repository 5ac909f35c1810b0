import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameError } from '../../src/native/frame-error.js';
import { readClientFrame, readServerFrame, writeFrame } from '../../src/native/frame.js';
import { CLIENT_SHAPES } from '../../src/native/client-shapes.js';
import { SERVER_SHAPES } from '../../src/native/server-shapes.js';
import { messages, typesOf, validatorOf } from './support/page-schema.js';
import { spoilt } from './support/spoil.js';

const SIDES = [
  { side: 'client', frame: 'clientFrame', read: readClientFrame, shapes: CLIENT_SHAPES },
  { side: 'server', frame: 'serverFrame', read: readServerFrame, shapes: SERVER_SHAPES },
] as const;

function accepts(read: (text: string) => unknown, text: string): boolean {
  try {
    read(text);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(FrameError);
    return false;
  }
}

describe.each(SIDES)('the frames of a $side', ({ side, frame, read, shapes }) => {
  const isOnThePage = validatorOf(frame);

  it('have the types of messages that the page has', () => {
    expect([...shapes.keys()].sort()).toEqual(typesOf(side).sort());
  });

  it.each(typesOf(side))('are read as they were written: %s', (type) => {
    fc.assert(
      fc.property(fc.array(messages(side, type), { minLength: 1, maxLength: 3 }), (all) => {
        expect(isOnThePage(all)).toBe(true);
        const text = writeFrame(all as never);
        expect(read(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('are taken if, and only if, the schema of the page takes them', () => {
    const seen = { taken: 0, refused: 0 };
    fc.assert(
      fc.property(spoilt(fc.array(messages(side), { minLength: 1, maxLength: 3 })), (text) => {
        const known = JSON.parse(text) as { type?: unknown }[];
        // Of what it does not know, a client says nothing.
        const isUnknown =
          side === 'server' && known.some((one) => typeof one?.type === 'string' && !shapes.has(one.type));
        if (isUnknown) return;
        const expected = isOnThePage(known);
        seen[expected ? 'taken' : 'refused']++;
        expect(accepts(read, text)).toBe(expected);
      }),
      { numRuns: 3000 },
    );
    expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(300);
  });

  it('are refused if they are no array, an empty one, or no JSON', () => {
    for (const text of ['', '{', '{}', '[]', 'null', '"a"', '[1]', '[null]', '[[]]', '[{}]', '[{"type":1}]']) {
      expect(accepts(read, text)).toBe(false);
    }
  });
});

describe('readClientFrame', () => {
  it('says what is wrong, and nothing of what was said', () => {
    const problemOf = (text: string): string => {
      try {
        readClientFrame(text);
        return 'nothing';
      } catch (error) {
        return (error as Error).message;
      }
    };
    const end = '{"type":"end","id":1}';
    expect(problemOf('s3cret')).toBe('the frame is not JSON');
    expect(problemOf('{}')).toBe('the frame is not an array of messages');
    expect(problemOf(`[${end},{"type":"s3cret"}]`)).toBe('message 2 of the frame has an unknown type');
    expect(problemOf('[{"type":"leave","id":1}]')).toBe('message 1 of the frame (leave) is wrong at lock');
    expect(problemOf('[{"type":"end","id":"s3cret"}]')).toBe('message 1 of the frame (end) is wrong at id');
    expect(problemOf('[{"type":"end","id":1,"s3 cret":1}]')).toBe(
      'message 1 of the frame (end) is wrong at a field that does not belong there',
    );
  });
});

describe('readServerFrame', () => {
  it('leaves out what it does not know', () => {
    expect(readServerFrame('[{"type":"song"},{"type":"tick","loud":true}]')).toEqual([{ type: 'tick', loud: true }]);
  });
});
