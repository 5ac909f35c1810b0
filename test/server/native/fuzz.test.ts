import { env } from 'node:process';
import fc, { type Arbitrary } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messages } from '../../native/support/page-schema.js';
import { spoilt } from '../../native/support/spoil.js';
import { setUp, type NativeClient, type Said } from './support/support.js';

/** `FUZZ_SEED=… npx vitest run --config vitest.long.config.ts test/server/native/fuzz.test.ts` does the same again. */
const SEED = Number(env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const FRAMES = Number(env['FUZZ_INPUTS'] ?? 100_000);
/** Frames of one run. */
const DEEDS = 250;

const name = fc.constantFrom('a', 'a', 'a', 'b', 'b', 'c/d', 'not a name');
const ttl = fc.constantFrom(1000, 1500, 4000, 4000, 4000, 10, 4_000_000);
const lock = fc.integer({ min: 1, max: 20 });
const ids = fc.array(lock, { maxLength: 6 });
const flag = fc.boolean();
const count = fc.integer({ min: 1, max: 3 });
const made = (
  type: Said['type'],
  fields: Record<string, Arbitrary<unknown>>,
  required: string[] = [],
): Arbitrary<Said> =>
  fc.record(
    { type: fc.constant(type), ...fields },
    { requiredKeys: ['type', ...required] as never[] },
  ) as Arbitrary<Said>;

/** What a client might say that knows the protocol, and nothing of the order in which it is said. */
const sensible: Arbitrary<Said> = fc.oneof(
  {
    weight: 8,
    arbitrary: made('acquire', { name, ttl, wait: flag, mode: fc.constantFrom('shared', 'exclusive') }, [
      'name',
      'ttl',
    ]),
  },
  { weight: 3, arbitrary: made('acquire', { name, ttl, wait: flag, limit: count }, ['name', 'ttl', 'limit']) },
  {
    weight: 2,
    arbitrary: made(
      'acquire',
      { name, ttl, wait: flag, limit: count, permits: count, renew: flag, lockDelay: fc.constantFrom(0, 500) },
      ['name', 'ttl'],
    ),
  },
  { weight: 4, arbitrary: made('release', { lock, keepFor: fc.constantFrom(0, 700, 4_000_000) }, ['lock']) },
  { weight: 3, arbitrary: made('leave', { lock }, ['lock']) },
  { weight: 2, arbitrary: made('ttl', { lock, ttl }, ['lock', 'ttl']) },
  { weight: 2, arbitrary: made('detach', { lock }, ['lock']) },
  { weight: 2, arbitrary: made('adopt', { name, ttl, secret: fc.constant('SECRET') }, ['name', 'ttl', 'secret']) },
  {
    weight: 3,
    arbitrary: made('settle', { holds: ids, wants: ids, news: lock, more: flag }, ['holds', 'wants', 'news']),
  },
  {
    weight: 2,
    arbitrary: made('alive', { news: lock, count, hash: fc.nat() }, ['news', 'count', 'hash']),
  },
  { weight: 1, arbitrary: made('watch', { name, semaphore: flag }, ['name']) },
  { weight: 1, arbitrary: made('unwatch', { watch: lock }, ['watch']) },
  { weight: 1, arbitrary: made('status', { name, semaphore: flag }, ['name']) },
  { weight: 1, arbitrary: made('list', { semaphore: flag }) },
  { weight: 1, arbitrary: made('revoke', { name, semaphore: flag }, ['name']) },
);

/** One frame, or something else that happens. */
const deed = fc.record({
  who: fc.nat({ max: 4 }),
  what: fc.oneof(
    {
      weight: 60,
      arbitrary: fc.record({
        kind: fc.constant('say' as const),
        all: fc.array(sensible, { minLength: 1, maxLength: 4 }),
      }),
    },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('alive' as const) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('raw' as const),
        text: spoilt(fc.array(messages('client'), { minLength: 1, maxLength: 2 })),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('raw' as const), text: fc.string({ unit: 'binary' }) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('drop' as const) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('resume' as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('stuck' as const), backlog: fc.constantFrom(0, 10, 100_000) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('end' as const) }) },
  ),
  pause: fc.constantFrom(0, 0, 0, 0, 5, 400, 3000),
});

describe('the native front with nonsense', () => {
  it(
    `survives ${String(FRAMES)} frames, says nothing that is not in the protocol, and keeps nothing (seed ${String(SEED)})`,
    { timeout: 300_000 },
    () => {
      console.info(`fuzz: FUZZ_SEED=${String(SEED)}`);
      const seen = new Map<string, number>();
      let frames = 0;
      const property = fc.property(fc.array(deed, { minLength: DEEDS, maxLength: DEEDS }), (deeds) => {
        const { time, core, front, stranger } = setUp({
          limits: { locks: 6, waiters: 3, places: 14, watches: 2, operationsPerSecond: 100, stallTime: '2s' },
        });
        const clients = Array.from({ length: 5 }, () => stranger());
        let secret = 'none';
        const hear = (one: NativeClient): void => {
          // Throws if one of them is not as the page says.
          for (const message of one.read()) {
            seen.set(message.type, (seen.get(message.type) ?? 0) + 1);
            if (message.type === 'detached') secret = message.secret;
          }
        };
        for (const { who, what, pause } of deeds) {
          let one = clients[who]!;
          if (one.connection.code !== undefined) {
            one.drop();
            one = clients[who] = stranger();
          }
          frames++;
          if (one.session === undefined) one.send({ type: 'hello', versions: [1] });
          else if (what.kind === 'say') {
            one.send(...what.all.map((said) => (said.type === 'adopt' ? { ...said, secret } : { ...said })));
          } else if (what.kind === 'alive') one.alive();
          else if (what.kind === 'raw') one.raw(what.text);
          else if (what.kind === 'drop') one.drop();
          else if (what.kind === 'end') one.send({ type: 'end' });
          else if (what.kind === 'stuck') {
            one.connection.backlog = what.backlog;
            one.connection.dialogue!.drained();
          } else {
            const { old } = one.reconnect();
            one.settle([1, 2]);
            one.drop(old);
          }
          time.advance(pause);
          for (const each of clients) hear(each);
          expect(front.connections).toBeLessThanOrEqual(clients.length);
        }
        for (const one of clients) one.drop();
        // Longer than anything that was asked for, and than anything that stays taken: spoilt frames may say the longest that there is.
        time.advance(2 ** 31 + 4_000_000);
        core.table.sweep();
        expect([core.table.size, front.connections, front.sessions]).toEqual([0, 0, 0]);
      });
      fc.assert(property, { numRuns: Math.ceil(FRAMES / DEEDS), seed: SEED, endOnFailure: true });
      expect(frames).toBeGreaterThanOrEqual(FRAMES);
      // It was no nonsense throughout: each thing that a server may say was said.
      for (const type of [
        'granted',
        'queued',
        'held',
        'lost',
        'done',
        'error',
        'mismatch',
        'detached',
        'status',
        'list',
        'bye',
      ]) {
        expect(seen.get(type) ?? 0, type).toBeGreaterThan(FRAMES / 10_000);
      }
    },
  );
});
