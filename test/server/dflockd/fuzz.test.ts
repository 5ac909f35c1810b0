import { env } from 'node:process';
import fc from 'fast-check';
import { expect, it, describe } from 'vitest';
import { setUp } from './support/support.js';

/** `FUZZ_SEED=… npx vitest run test/server/dflockd/fuzz.test.ts` does the same again. */
const SEED = Number(env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const FRAMES = Number(env['FUZZ_INPUTS'] ?? 100_000);
const RUNS = 20;
/** What an answer may look like. */
const ANSWER =
  /^(ok( \d+| T \d+)?|acquired T \d+|queued|timeout|error(_(max_locks|max_waiters|limit_mismatch|not_enqueued|already_enqueued|lease_expired))?|ok \{"connections":.*\}|sig [^ \t\r\n]+ [^]+)$/;

const COMMANDS = [
  'l',
  'sl',
  'e',
  'se',
  'w',
  'sw',
  'n',
  'sn',
  'r',
  'sr',
  'stats',
  'signal',
  'listen',
  'unlisten',
  'ping',
];
const word = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom('0', '1', '2', '5', '-1', '+3', 'a', 'b.c', '*', '>', 'a.*', '99999999999', ''),
  },
  {
    weight: 1,
    arbitrary: fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)) }),
  },
);
const frame = fc
  .tuple(
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...COMMANDS) }, { weight: 1, arbitrary: word }),
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom('k', 'j', 'a.b', 's') }, { weight: 1, arbitrary: word }),
    fc.array(word, { maxLength: 4 }).map((words) => words.join(' ')),
    fc.constantFrom('\n', '\n', '\n', '\r\n'),
  )
  .map(([command, key, argument, end]) =>
    [command, key, argument].map((one) => one.replaceAll('\n', ' ') + end).join(''),
  );

/** One client's next deed: it sends something, cut anywhere, or closes. Then time passes. */
const deed = fc.record({
  who: fc.nat({ max: 4 }),
  frames: fc.array(frame, { minLength: 20, maxLength: 60 }),
  junk: fc.option(fc.string({ unit: 'binary', maxLength: 20 }), { freq: 20, nil: '' }),
  cut: fc.nat({ max: 300 }),
  closes: fc.integer({ min: 0, max: 9 }).map((dice) => dice === 0),
  pause: fc.constantFrom(0, 0, 1, 500, 3000),
});

describe('a dialogue with nonsense', () => {
  it(
    `answers each of ${String(FRAMES)} requests with an answer, and keeps nothing (seed ${String(SEED)})`,
    { timeout: 120_000 },
    () => {
      console.info(`fuzz: FUZZ_SEED=${String(SEED)}`);
      let frames = 0;
      let answers = 0;
      const property = fc.property(fc.array(deed, { minLength: 20, maxLength: 20 }), (deeds) => {
        const { time, client, core, front } = setUp({
          maxLocks: 8,
          maxWaiters: 2,
          maxPlaces: 20,
          maxSubscriptions: 5,
          readTimeout: '2s',
        });
        const clients = Array.from({ length: 5 }, client);
        for (const { who, frames: all, junk, cut, closes, pause } of deeds) {
          let one = clients[who]!;
          if (one.state !== 'open') {
            one.dialogue.closed();
            clients[who] = one = client();
          }
          const text = all.join('') + junk.replaceAll(/[^\0-\xff]/g, '?');
          one.dialogue.received(text.slice(0, cut));
          one.dialogue.received(text.slice(cut));
          frames += all.length;
          if (closes) one.dialogue.finished();
          time.advance(pause);
          for (const other of clients) {
            for (const line of other.read()) {
              answers++;
              expect(line).toMatch(ANSWER);
            }
          }
          expect(core.table.size).toBeLessThanOrEqual(8);
          expect(core.table.places().length).toBeLessThanOrEqual(20);
        }
        for (const one of clients) one.dialogue.closed();
        expect(core.table.size).toBe(0);
        expect(front.connections).toBe(0);
        expect(time.actions.filter(({ closed }) => !closed)).toEqual([]);
      });
      for (let round = 0; frames < FRAMES; round++) fc.assert(property, { seed: SEED + round, numRuns: RUNS });
      expect(answers).toBeGreaterThan(FRAMES / 10);
      console.info(`fuzz: ${String(frames)} requests, ${String(answers)} answers`);
    },
  );
});
