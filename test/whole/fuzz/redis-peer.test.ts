import fc from 'fast-check';
import { lastValueFrom, toArray } from 'rxjs';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { redisBackend } from '../../../src/backends/redis/backend.js';
import { resolveSettings } from '../../../src/backends/redis/client/settings.js';
import type { Grant } from '../../../src/contract/backend.js';
import { LockError } from '../../../src/contract/errors.js';
import { item, RedisPeer, said } from './support/redis-peer.js';
import { fuzzAsync, INPUTS } from './support/support.js';

/** Steps of a run, each with something from the peer. */
const STEPS = 40;
/** Of all inputs: each run takes its time. */
const SHARE = 0.2 / STEPS;
const TTL = 30_000;
/** So many clients are closing at once. */
const AT_ONCE = 50;
/** A whole owner would be a secret that anybody could release by. */
const OWNER = /[\da-f]{24}/;

const step = fc.record({
  deed: fc.constantFrom(
    'ask',
    'ask',
    'try',
    'share',
    'permits',
    'renew',
    'release',
    'leave',
    'status',
    'guard',
    'nothing',
    'nothing',
  ),
  name: fc.constantFrom('a', 'b', 'c'),
  what: said,
  one: item,
  at: fc.nat({ max: 5 }),
  fate: fc.nat({ max: 60 }),
});

function expectError(error: unknown): void {
  expect(error).toBeInstanceOf(LockError);
  expect((error as Error).message).not.toMatch(OWNER);
}

/** What a script of the user's own says is told as it is. */
function expectAny(error: unknown): void {
  expect(error).toBeInstanceOf(Error);
  expect((error as Error).message).not.toMatch(OWNER);
}

describe('a redis client whose server is hostile', () => {
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
  beforeAll(() => {
    process.on('unhandledRejection', onUnhandled);
  });
  afterAll(() => {
    process.off('unhandledRejection', onUnhandled);
  });

  it('tells each contender and each holder one thing, and keeps nothing', async () => {
    let heardOf = 0;
    let ends = 0;
    let grants = 0;
    // A close waits for what may still be granted, and these servers answer nothing any more: many wait at the same time.
    const closings: Promise<void>[] = [];
    await fuzzAsync(SHARE, fc.array(step, { minLength: STEPS, maxLength: STEPS }), async (all) => {
      const peer = new RedisPeer();
      const backend = redisBackend(peer, resolveSettings({ timeout: 200 }));
      const held: Grant[] = [];
      const asked: { readonly said: string[]; leave(): void }[] = [];
      const answers: Promise<unknown>[] = [];
      const stray = (): void => undefined;

      const ask = (name: string, wait: boolean, more: object = {}): void => {
        const words: string[] = [];
        const attempt = backend.acquire({ name, ttl: TTL, wait, holder: 'me', stray, ...more }).subscribe({
          next: (signal) => {
            words.push(signal.type);
            if (signal.type !== 'granted') return;
            expect(typeof signal.grant.fencingToken).toBe('bigint');
            expect(signal.bounds.map(({ ttl }) => ttl)).toEqual([TTL]);
            held.push(signal.grant);
          },
          error: (error: unknown) => {
            expectError(error);
            words.push('error');
          },
        });
        asked.push({ said: words, leave: () => attempt.unsubscribe() });
      };

      for (const { deed, name, what, one, at, fate } of all) {
        if (deed === 'ask') ask(name, true);
        else if (deed === 'try') ask(name, false);
        else if (deed === 'share') ask(name, true, { mode: 'shared' });
        else if (deed === 'permits') ask(name, true, { limit: 3, permits: 2 });
        else if (deed === 'leave') asked.at(-1)?.leave();
        else if (deed === 'renew' && held.length > 0) {
          const size = held.length;
          const told = lastValueFrom(
            backend
              .renew(
                [...held],
                held.map(() => TTL),
              )
              .pipe(toArray()),
          );
          answers.push(told.then((each) => expect(new Set(each.map(({ index }) => index)).size).toBe(size)));
        } else if (deed === 'release' && held.length > 0) {
          const told = lastValueFrom(backend.release(held.splice(0, 1), [0]).pipe(toArray()));
          answers.push(told.then((each) => expect(each).toHaveLength(1)));
        } else if (deed === 'status') answers.push(lastValueFrom(backend.status(name)).catch(expectError));
        else if (deed === 'guard' && held[0] !== undefined) {
          const { fencingToken = 0n } = held[0];
          answers.push(backend.guarded({ name: held[0].name, fencingToken }, 'return 1').catch(expectAny));
        }
        await Promise.resolve();
        await Promise.resolve();
        if (fate === 0) peer.fall();
        else if (fate === 1) peer.publish(JSON.stringify(what) ?? '');
        else if (fate < 10) {
          if (peer.say(at, what)) heardOf++;
        } else {
          if (peer.heard.length > 0) heardOf++;
          peer.sayFitting(one, fate < 30);
        }
        await turn();
      }
      const closing = backend.close();
      for (let tries = 0; tries < 5; tries++) {
        while (peer.say(0, new Error('ERR over'))) await Promise.resolve();
        peer.fall();
        await turn();
      }
      closings.push(
        Promise.all([closing, ...answers]).then(() => {
          for (const { said: words } of asked) {
            const last = words.filter((one) => one !== 'queued');
            expect(last.length).toBeLessThanOrEqual(1);
            ends += last.length;
            grants += last.filter((one) => one === 'granted').length;
          }
        }),
      );
      if (closings.length === AT_ONCE) await Promise.all(closings.splice(0));
    });
    await Promise.all(closings);
    expect(unhandled).toEqual([]);
    expect(heardOf).toBeGreaterThan(INPUTS / 20);
    // The nonsense is not so thick that nothing gets far.
    expect(grants).toBeGreaterThan(INPUTS / 500);
    expect(ends).toBeGreaterThan(INPUTS / 250);
  });
});
