import { afterAll, describe, expect, it } from 'vitest';
import { memory } from '../../../src/backends/memory/memory.js';
import { octostore } from '../../../src/backends/octostore/index.js';
import { createLocks } from '../../../src/locks/create-locks.js';
import { parseDuration } from '../../../src/values/duration.js';
import { LockConfigError, LockValidationError } from '../../../src/contract/errors.js';
import type { Locks } from '../../../src/contract/locks.js';
import type { Duration } from '../../../src/contract/time.js';
import type { LockOptions } from '../../../src/contract/options.js';
import { enter, ENTRIES, expectNamed, failureOf, shown } from './support/support.js';

const remote = (options: object = {}): Locks =>
  createLocks(octostore({ baseUrl: 'http://127.0.0.1:1', token: 'test-token', ...options }));

/** No duration at all. */
const NONSENSE: readonly unknown[] = [
  -1,
  Number.NaN,
  Infinity,
  -Infinity,
  2 ** 31,
  1e300,
  '',
  ' ',
  's',
  'soon',
  '10',
  '60',
  '10 s',
  '10S',
  '-5s',
  '1e3s',
  '0x10s',
  'Infinity',
  'NaNs',
  '१०s',
  '25d',
  `${'9'.repeat(400)}s`,
  '10s\n10s',
  null,
  true,
  {},
  [],
  ['10s'],
  5n,
  Symbol('10s'),
  () => '10s',
  Object.create(null),
  new Date(0),
];

/** A duration, but no ttl. */
const NO_TTL: readonly unknown[] = [0, -0, 1, 60, 999, 0.5, 999.9, '0s', '999ms', 1000.5, '61m', '24d', undefined];

describe('parseDuration', () => {
  it.each(NONSENSE.map((given) => [shown(given), given]))('refuses %s, naming what it is for', (_, given) => {
    for (const option of ['duration', 'LOCK_TTL']) {
      let error: unknown;
      try {
        parseDuration(given as Duration, option === 'duration' ? undefined : option);
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(LockValidationError);
      expectNamed(error, option);
    }
  });
});

describe('a ttl that no service takes', () => {
  const services = { memory: createLocks(memory()), octostore: remote() };
  afterAll(() => Promise.all(Object.values(services).map((locks) => locks.close())));

  for (const [service, locks] of Object.entries(services)) {
    const entries = Object.keys(ENTRIES).filter((entry) => service === 'memory' || entry !== 'semaphore$');
    for (const ttl of [...NONSENSE, ...NO_TTL]) {
      it(`is ${shown(ttl)} on ${service}, at every call`, async () => {
        for (const entry of entries) expectNamed(await enter(locks, entry, { name: 'a', ttl }), 'ttl');
      });
    }
  }

  it.each([
    [60, `ttl 60 is 60 ms; write '60s' for seconds`],
    [0.5, `ttl 0.5 is 0.5 ms; write '0.5s' for seconds`],
    ['60', `ttl "60" has no unit: write '60s' for seconds`],
  ])('tells what %j ought to be', async (ttl, message) => {
    expect(await enter(services.memory, 'lock$', { name: 'a', ttl })).toMatchObject({ message });
  });

  it.each(['1500ms', '1.5s', 1001, '1000.5ms'])('is %s where whole seconds are counted', async (ttl) => {
    const error = await enter(services.octostore, 'acquire', { name: 'a', ttl });
    expectNamed(error, 'ttl');
    expect((error as Error).message).toMatch(/not a multiple of 1000 ms.*octostore/);
  });
});

describe('other durations', () => {
  it('may be shorter than a second, however they are written', async () => {
    const locks = createLocks(memory());
    const holder = await locks.acquire('a', '10s');
    await expect(locks.acquire('a', '10s', { wait: 5 })).rejects.toMatchObject({ code: 'ERR_LOCK_TIMEOUT' });
    await holder.release();
    const lease = await locks.acquire('a', '10s', { minHold: 1, maxHold: 900_000, wait: 0 });
    expect(lease.isHeld).toBe(true);
    await locks.close({ drain: 1 });
  });

  it.each(['wait', 'minHold', 'maxHold', 'retry.initial', 'retry.max'])('%s is refused for nonsense', async (path) => {
    const [first, second] = path.split('.') as [string, string?];
    const locks = createLocks(memory());
    // `wait: true` is a wait.
    for (const given of NONSENSE.filter((one) => one !== true)) {
      const options = { [first]: second === undefined ? given : { [second]: given } };
      for (const entry of ['lock$', 'acquire', 'usingAll']) {
        expectNamed(await enter(locks, entry, { name: 'a', ttl: '10s', options }), path);
      }
      expectNamed(await failureOf(true, () => createLocks(memory(), options)), path);
    }
    await locks.close();
  });

  it('drain is refused for nonsense, and closes nothing', async () => {
    const locks = createLocks(memory());
    for (const drain of NONSENSE.filter((one) => one !== null)) {
      expectNamed(await failureOf(false, () => locks.close({ drain: drain as Duration })), 'drain');
    }
    const lease = await locks.acquire('a', '10s');
    expect(lease.isHeld).toBe(true);
    await locks.close();
  });

  it('sessionTtl and timeout of octostore are refused for nonsense and out of their range', async () => {
    const ranges = { sessionTtl: [0, 60, '9s', '301s', '10500ms', 10_000.5], timeout: [0, 9, '9ms'] };
    for (const [option, more] of Object.entries(ranges)) {
      for (const given of [...NONSENSE, ...more]) {
        expectNamed(await failureOf(true, () => octostore({ token: 'test-token', [option]: given })), option);
      }
    }
  });
});

describe('times that contradict each other', () => {
  const rows: readonly [LockOptions, string][] = [
    [{ renewRatio: 0.41 }, 'renewRatio'],
    [{ renewRatio: 0 }, 'renewRatio'],
    [{ renewRatio: -0.1 }, 'renewRatio'],
    [{ renewRatio: Number.NaN }, 'renewRatio'],
    [{ safetyFactor: 0.6 }, 'renewRatio'],
    [{ safetyFactor: 0.5, renewRatio: 0.26 }, 'renewRatio'],
    [{ safetyFactor: 0 }, 'safetyFactor'],
    [{ safetyFactor: 0.91 }, 'safetyFactor'],
    [{ safetyFactor: Infinity }, 'safetyFactor'],
    [{ minHold: '10s', maxHold: '5s' }, 'minHold'],
    [{ maxHold: 0 }, 'maxHold'],
    [{ retry: { initial: '10s' } }, 'retry.initial'],
    [{ retry: { initial: '2s', max: '1s' } }, 'retry.initial'],
  ];

  it.each(rows)('%j are refused at every call, and by createLocks', async (options, option) => {
    const locks = createLocks(memory());
    for (const entry of Object.keys(ENTRIES)) {
      expectNamed(await enter(locks, entry, { name: 'a', ttl: '10s', options }), option);
    }
    expectNamed(await failureOf(true, () => createLocks(memory(), options)), option);
    await locks.close();
  });

  it('are refused when one of them is a default', async () => {
    const locks = createLocks(memory(), { minHold: '10s', safetyFactor: 0.9, renewRatio: 0.45 });
    for (const [options, option] of [
      [{ maxHold: '5s' }, 'minHold'],
      [{ safetyFactor: 0.8 }, 'renewRatio'],
    ] as const) {
      expectNamed(await enter(locks, 'using', { name: 'a', ttl: '10s', options }), option);
    }
    await locks.close();
  });
});

describe('a lock that is not renewed on a service whose session renewals keep alive', () => {
  const options = { renew: false };

  it('is refused if it were to outlive the session', async () => {
    const locks = remote({ sessionTtl: '20s' });
    for (const entry of ['lock$', 'leader$', 'all$', 'acquire', 'tryAcquire', 'using', 'tryUsing']) {
      const error = await enter(locks, entry, { name: 'a', ttl: '21s', options });
      expect(error).toBeInstanceOf(LockConfigError);
      expectNamed(error, 'renew');
      expect((error as Error).message).toContain('20000 ms');
    }
    await locks.close();
  });

  it('is taken if it is as short as that, if it is renewed, and where there is no session', async () => {
    const locks = remote({ sessionTtl: '20s' });
    expect(() => locks.lock$('a', '20s', options)).not.toThrow();
    expect(() => locks.lock$('a', '21s')).not.toThrow();
    const embedded = createLocks(memory());
    expect(() => embedded.lock$('a', '1h', options)).not.toThrow();
    await Promise.all([locks.close(), embedded.close()]);
  });
});
