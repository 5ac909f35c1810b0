import { lastValueFrom } from 'rxjs';
import { afterAll, describe, expect, it } from 'vitest';
import { octostore } from '../../../src/backends/octostore/index.js';
import { memory } from '../../../src/backends/memory/memory.js';
import { createLocks } from '../../../src/locks/create-locks.js';
import { lock$, setDefaultLocks } from '../../../src/default-locks.js';
import { LockValidationError } from '../../../src/contract/errors.js';
import type { Locks } from '../../../src/contract/locks.js';
import { enter, ENTRIES, expectNamed, failureOf, shown } from './support/support.js';

const long = 'x'.repeat(64);

const BAD: readonly unknown[] = [
  '',
  `${long}x`,
  'ü'.repeat(33),
  '𝒜'.repeat(17),
  [long, long, long, 'y'.repeat(62)].join('/'),
  'ü/'.repeat(86) + 'x',
  'x'.repeat(1_000_000),
  'a\0b',
  'a\nb',
  'a\r\nx: y',
  'a\u2028b',
  'a\u001b[31m',
  '\ud800',
  'a\udc00',
  '\udc00\ud800',
  '..',
  '.',
  'a/../b',
  'a/..',
  './a',
  '/a',
  'a/',
  '/',
  'a//b',
  'a b',
  'a%2Fb',
  'a?b',
  undefined,
  null,
  5,
  Number.NaN,
  true,
  {},
  [],
  ['a'],
  Symbol('a'),
  () => 'a',
  Object.create(null),
  new String('a'),
];

const SERVICES: Readonly<Record<string, () => Locks>> = {
  memory: () => createLocks(memory()),
  octostore: () => createLocks(octostore({ baseUrl: 'http://127.0.0.1:1', token: 'test-token' })),
};

for (const [service, make] of Object.entries(SERVICES)) {
  describe(`a name that ${service} refuses`, () => {
    const locks = make();
    afterAll(() => locks.close());
    // It has no semaphores, which it says instead.
    const entries = Object.keys(ENTRIES).filter((entry) => service === 'memory' || entry !== 'semaphore$');

    for (const name of BAD) {
      it(`${shown(name)} is an error at every call`, async () => {
        for (const entry of entries) expectNamed(await enter(locks, entry, { name, ttl: '10s' }), 'name');
        expectNamed(await failureOf(true, () => locks.watch$(name as string)), 'name');
        expectNamed(await failureOf(false, () => locks.status(name as string)), 'name');
      });
    }

    it('is one with its prefix', async () => {
      const prefixed = createLocks(memory(), { prefix: 'a/' });
      for (const name of ['', '/b', '..', 'x'.repeat(65)]) {
        expectNamed(await enter(prefixed, 'lock$', { name, ttl: '10s' }), 'name');
      }
      await prefixed.close();
    });

    it('is not shown at length', async () => {
      const error = await enter(locks, 'acquire', { name: 'x'.repeat(1_000_000), ttl: '10s' });
      expect((error as Error).message.length).toBeLessThan(120);
    });
  });
}

describe('the top-level lock$', () => {
  it('refuses bad names at the call', async () => {
    const locks = createLocks(memory());
    setDefaultLocks(locks);
    for (const name of BAD) expectNamed(await failureOf(true, () => lock$(name as string, '10s')), 'name');
    setDefaultLocks(undefined);
    await locks.close();
  });
});

describe('all$', () => {
  it.each([[[]], [['a', 'b', 'a']], ['ab'], [null], [undefined], [{ length: 1, 0: 'a' }], [new Set(['a'])], [5]])(
    'refuses the names %j',
    async (names) => {
      const locks = createLocks(memory());
      const given = names as unknown as readonly string[];
      expectNamed(await failureOf(true, () => locks.all$(given, '10s')), 'names');
      expectNamed(await failureOf(false, () => locks.acquireAll(given, '10s')), 'names');
      expectNamed(await failureOf(false, () => locks.usingAll(given, '10s', () => 0)), 'names');
      await locks.close();
    },
  );
});

describe('list', () => {
  it('refuses half a character where it has to go into a URL', async () => {
    const locks = SERVICES['octostore']!();
    await expect(locks.list('a\ud800')).rejects.toMatchObject({ code: 'ERR_LOCK_VALIDATION', option: 'prefix' });
    await locks.close();
  });

  it('takes it for what it is elsewhere: the prefix of nothing', async () => {
    const locks = createLocks(memory());
    expect(await locks.list('a\ud800')).toEqual([]);
    await locks.close();
  });
});

describe('a backend that is asked directly', () => {
  it('checks names itself', () => {
    for (const backend of [memory(), octostore({ token: 'test-token' })]) {
      for (const name of BAD) {
        expect(() => backend.validateName?.(name as string)).toThrow(LockValidationError);
      }
    }
  });

  it('says that it is not open', async () => {
    const backend = octostore({ baseUrl: 'http://127.0.0.1:1', token: 'test-token' });
    const request = { name: 'a', ttl: 1000, wait: true, holder: 'me', stray() {} };
    await expect(lastValueFrom(backend.acquire(request))).rejects.toMatchObject({ code: 'ERR_LOCK_CONFIG' });
    await expect(lastValueFrom(backend.status('a'))).rejects.toMatchObject({ code: 'ERR_LOCK_CONFIG' });
    await backend.close();
  });
});
