import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memory } from '../../../src/backends/memory/memory.js';
import { octostore } from '../../../src/backends/octostore/index.js';
import { backoff } from '../../../src/values/backoff.js';
import { createLocks } from '../../../src/locks/create-locks.js';
import { parseDuration } from '../../../src/values/duration.js';
import { LockError } from '../../../src/contract/errors.js';
import { validatePortableName } from '../../../src/values/validate-portable-name.js';
import { parseTtl } from '../../../src/core/hold-options.js';
import { fakeLease, scripted } from '../../../src/testing/index.js';
import { utf8Length } from '../../../src/values/utf8-length.js';
import type { Duration } from '../../../src/contract/time.js';
import { fuzz, key, mutated, valueOrLockError } from './support/support.js';

const MAX = 2 ** 31 - 1;
const unit = fc.constantFrom('ms', 's', 'm', 'h', 'd', '', ' s', 'S', 'µs');
const duration = fc.oneof(
  mutated(fc.tuple(fc.oneof(fc.nat(), fc.double()), unit).map(([number, of]) => `${number}${of}`)),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.double(),
  fc.integer(),
  fc.anything(),
);
const part = fc.oneof(
  fc.string({ maxLength: 70 }),
  fc.string({ unit: 'binary', maxLength: 70 }),
  fc.constantFrom('.', '..', '', 'a', 'ü', '𝒜', '\ud800', '__proto__'),
);
const name = fc.oneof(
  fc.array(part, { maxLength: 6 }).map((parts) => parts.join('/')),
  fc.string({ unit: 'grapheme', maxLength: 90 }),
  fc.anything(),
);

/** The grammar once more, in other words. */
function isPortable(given: unknown): boolean {
  if (typeof given !== 'string' || utf8Length(given) > 256) return false;
  return given.split('/').every((one) => {
    const fits = utf8Length(one) >= 1 && utf8Length(one) <= 64 && one !== '.' && one !== '..';
    return fits && Array.from(one).every((character) => /^[\p{L}\p{N}]$/u.test(character) || '-_.'.includes(character));
  });
}

describe('parseDuration', () => {
  it('gives milliseconds that a timer can wait for, or a typed error', () => {
    fuzz(0.15, duration, (given) => {
      for (const parse of [parseDuration, parseTtl]) {
        const parsed = valueOrLockError(() => parse(given as Duration));
        if (parsed instanceof LockError) expect(parsed.message).toMatch(/^\P{Cc}{1,160}$/u);
        else expect(parsed >= 0 && parsed <= MAX).toBe(true);
      }
    });
  });

  it('reads what it is written for, exactly', () => {
    const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
    const written = fc.tuple(fc.nat({ max: 20 }), fc.constantFrom(...(Object.keys(units) as (keyof typeof units)[])));
    fuzz(0.05, written, ([count, of]) => {
      expect(parseDuration(`${count}${of}`)).toBe(count * units[of]);
    });
  });
});

describe('validatePortableName', () => {
  it('takes exactly the names of the grammar', () => {
    fuzz(0.15, name, (given) => {
      const said = valueOrLockError(() => {
        validatePortableName(given as string);
      });
      expect(said === undefined).toBe(isPortable(given));
      // With a name like it that is taken.
      if (said !== undefined) expect(said.message).toMatch(/^\P{Cc}{1,250}$/u);
    });
  });
});

describe('options', () => {
  const value = fc.oneof(fc.anything({ withNullPrototype: true, withBigInt: true }), duration, fc.boolean());
  const known = fc.constantFrom(
    ...[
      'wait',
      'retry',
      'signal',
      'until',
      'metadata',
      'minHold',
      'maxHold',
      'renew',
      'onLost',
      'renewRatio',
      'safetyFactor',
    ],
    ...['holder', 'prefix', 'clock', 'scheduler', 'random', 'initial', 'max', 'factor', 'jitter', 'count'],
    ...['baseUrl', 'sessionTtl', 'timeout', 'allowInsecure', 'acquire', 'ttl', 'revoked', 'features'],
  );
  const options = fc.oneof(fc.dictionary(fc.oneof(known, key), value, { maxKeys: 3 }), fc.anything());
  const locks = createLocks(memory());

  it('are taken, or refused with a typed error', () => {
    const calls: ((given: never) => unknown)[] = [
      (given) => locks.lock$('a', '10s', given),
      (given) => locks.all$(['a'], '10s', given),
      backoff,
      scripted,
      fakeLease,
      (given: object) => octostore({ token: 'test-token', ...given }),
    ];
    fuzz(0.05, options, (given) => {
      for (const call of calls) valueOrLockError(() => call(given as never));
    });
  });
});
