import { NEVER } from 'rxjs';
import { afterAll, describe, expect, it, vi } from 'vitest';
import {
  lockMap,
  ofLockEvent,
  tapLock,
  tryWithLock,
  usingLock,
  whileLeader,
  withLock,
} from '../../../operators/index.js';
import { lock$ as autoLock$, locksFromUrl } from '../../../src/auto.js';
import { backoff } from '../../../src/values/backoff.js';
import { memory } from '../../../src/backends/memory/memory.js';
import { octostore as octostoreForBrowsers } from '../../../src/backends/octostore/index.browser.js';
import { octostore } from '../../../src/backends/octostore/index.js';
import { createLocks } from '../../../src/locks/create-locks.js';
import { setDefaultLocks } from '../../../src/default-locks.js';
import { fakeLease, lockEvent, scripted } from '../../../src/testing/index.js';
import { enter, ENTRIES, expectNamed, failureOf, shown, SOURCE } from './support/support.js';

/** Rows of a call that throws: what it is given, and the option that the error names. */
type Rows = readonly (readonly [unknown, string])[];

const OBJECTS: Rows = [null, 5, 'wait', true, [], ['wait'], () => 0, Symbol('x')].map((one) => [one, 'options']);
/** Nothing that is inherited is an option, and nothing of this may end up on a prototype. */
const UNKNOWN: Rows = ['maxHolds', 'constructor', 'toString', '__proto__', 'hasOwnProperty', 'Wait'].map((key) => [
  JSON.parse(`{"${key}":{"polluted":true}}`),
  key,
]);

const OF_A_LOCK: Rows = [
  [{ wait: null }, 'wait'],
  [{ wait: 'true' }, 'wait'],
  [{ retry: null }, 'retry'],
  [{ retry: 'often' }, 'retry'],
  [{ retry: [] }, 'retry'],
  [{ retry: { counts: 5 } }, 'retry.counts'],
  [{ retry: { factor: '2' } }, 'retry.factor'],
  [{ retry: { factor: null } }, 'retry.factor'],
  [{ retry: { factor: Infinity } }, 'retry.factor'],
  [{ retry: { count: '3' } }, 'retry.count'],
  [{ retry: { count: Number.NaN } }, 'retry.count'],
  [{ retry: { count: -1 } }, 'retry.count'],
  [{ retry: { jitter: true } }, 'retry.jitter'],
  [{ retry: { jitter: 'half' } }, 'retry.jitter'],
  [{ metadata: null }, 'metadata'],
  [{ metadata: 5 }, 'metadata'],
  [{ metadata: {} }, 'metadata'],
  [{ renew: null }, 'renew'],
  [{ renew: 0 }, 'renew'],
  [{ renew: 'false' }, 'renew'],
  [{ onLost: null }, 'onLost'],
  [{ onLost: 'retry' }, 'onLost'],
  [{ onLost: Object.create(null) }, 'onLost'],
  [{ renewRatio: '0.3' }, 'renewRatio'],
  [{ renewRatio: null }, 'renewRatio'],
  [{ safetyFactor: '0.8' }, 'safetyFactor'],
  [{ safetyFactor: {} }, 'safetyFactor'],
];

const OF_ONE_LOCK_ONLY: Rows = [
  [{ signal: null }, 'signal'],
  [{ signal: true }, 'signal'],
  [{ signal: new AbortController() }, 'signal'],
  [{ until: null }, 'until'],
  [{ until: 5 }, 'until'],
  [{ until: 'later' }, 'until'],
  [{ until: {} }, 'until'],
  [{ until: () => NEVER }, 'until'],
];

const OF_ALL_LOCKS: Rows = [
  [{ holder: '' }, 'holder'],
  [{ holder: 5 }, 'holder'],
  [{ holder: null }, 'holder'],
  [{ prefix: 5 }, 'prefix'],
  [{ prefix: null }, 'prefix'],
  [{ clock: null }, 'clock'],
  [{ clock: Date }, 'clock'],
  [{ clock: { elapsed: () => 0 } }, 'clock'],
  [{ scheduler: null }, 'scheduler'],
  [{ scheduler: {} }, 'scheduler'],
  [{ random: null }, 'random'],
  [{ random: 0.5 }, 'random'],
  [{ signal: AbortSignal.abort() }, 'signal'],
  [{ until: NEVER }, 'until'],
];

describe('the options of a lock', () => {
  const locks = createLocks(memory());
  afterAll(() => locks.close());
  // These add `onLost` to what they are given, so that what is nothing becomes something.
  const spreading = ['acquireAll', 'usingAll'];

  it.each([...UNKNOWN, ...OF_A_LOCK, ...OF_ONE_LOCK_ONLY].map((row) => [shown(row[0]), ...row] as const))(
    '%s are refused at every call',
    async (_, options, option) => {
      for (const entry of Object.keys(ENTRIES)) {
        // A promise cannot contend again, so these have no `onLost`.
        if (option === 'onLost' && spreading.includes(entry)) continue;
        expectNamed(await enter(locks, entry, { name: 'a', ttl: '10s', options }), option);
      }
    },
  );

  it.each(OBJECTS.map((row) => [shown(row[0]), ...row] as const))(
    '%s are refused at every call',
    async (_, options, option) => {
      for (const entry of Object.keys(ENTRIES)) {
        if (spreading.includes(entry)) continue;
        expectNamed(await enter(locks, entry, { name: 'a', ttl: '10s', options }), option);
      }
    },
  );

  it.each([0, -1, 1.5, Number.NaN, Infinity, 2 ** 53, '2', null, undefined, {}])(
    'have no semaphore of %s places',
    async (limit) => {
      expectNamed(await failureOf(true, () => locks.semaphore$('a', limit as number, '10s')), 'limit');
    },
  );

  it('leave nothing behind', async () => {
    expect(await locks.list()).toEqual([]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

/** A call that takes options and throws. */
interface Entry {
  readonly call: (given: never) => unknown;
  readonly rows: Rows;
}

const held$ = createLocks(memory()).lock$('a', '10s');
const token = 'test-token';

const OF_WORK: Rows = [
  ...UNKNOWN,
  ...OBJECTS,
  [{ drain: 5 }, 'drain'],
  [{ drain: NEVER }, 'drain'],
  [{ drainTimeout: 'soon' }, 'drainTimeout'],
  [{ drainTimeout: -1 }, 'drainTimeout'],
  [{ drainTimeout: Number.NaN }, 'drainTimeout'],
];
const OF_LOSS: Rows = [
  [{ onLost: 'retry' }, 'onLost'],
  [{ onLost: null }, 'onLost'],
];
const NO_STREAM: Rows = [null, undefined, 5, 'a', {}, Promise.resolve()].map((one) => [one, 'lock$']);
const NO_FUNCTION = [null, undefined, 5, 'a', {}, NEVER] as const;
const noFunction = (name: string): Rows => NO_FUNCTION.map((one) => [one, name]);

const octostoreRows: Rows = [
  ...UNKNOWN,
  ...OBJECTS,
  [{ token: '' }, 'token'],
  [{ token: 'a b' }, 'token'],
  [{ token: 'a\r\nX: y' }, 'token'],
  [{ token: 'ü' }, 'token'],
  [{ token: null }, 'token'],
  [{ token: 5 }, 'token'],
  [{ token: {} }, 'token'],
  [{ token, allowInsecure: 'no' }, 'allowInsecure'],
  [{ token, allowInsecure: null }, 'allowInsecure'],
  ...[
    null,
    5,
    {},
    '',
    ' ',
    'localhost:3000',
    'locks.example.com',
    '//locks.example.com',
    'https:/locks.example.com',
    'ftp://localhost',
    'file:///etc/passwd',
    'javascript://x',
    'https://',
    'https://a b',
    'http://locks.example.com',
    'https://user:password@locks.example.com',
    'https://user@locks.example.com',
    'https://locks.example.com?token=password',
    'https://locks.example.com#password',
    new URL('https://user:password@locks.example.com'),
  ].map((baseUrl) => [{ token, baseUrl }, 'baseUrl'] as const),
];

const CALLS: Readonly<Record<string, Entry>> = {
  createLocks: { call: (given) => createLocks(memory(), given), rows: [...UNKNOWN, ...OF_A_LOCK, ...OF_ALL_LOCKS] },
  octostore: { call: octostore, rows: octostoreRows },
  'octostore for browsers': { call: octostoreForBrowsers, rows: octostoreRows },
  backoff: {
    call: backoff,
    rows: [
      ...UNKNOWN,
      ...OBJECTS,
      [{ initial: 'soon' }, 'initial'],
      [{ initial: null }, 'initial'],
      [{ max: -1 }, 'max'],
      [{ initial: '6s' }, 'initial'],
      [{ factor: '2' }, 'factor'],
      [{ factor: 0.5 }, 'factor'],
      [{ count: '5' }, 'count'],
      [{ jitter: 'some' }, 'jitter'],
      [{ scheduler: null }, 'scheduler'],
      [{ scheduler: {} }, 'scheduler'],
      [{ random: 0.5 }, 'random'],
    ],
  },
  withLock: { call: (given) => withLock(held$, given), rows: [...OF_WORK, ...OF_LOSS] },
  'withLock of something else': { call: (given) => withLock(given), rows: NO_STREAM },
  tryWithLock: { call: (given) => tryWithLock(held$, given), rows: [...OF_WORK, ...OF_LOSS] },
  'tryWithLock of something else': { call: (given) => tryWithLock(given), rows: NO_STREAM },
  usingLock: { call: (given) => usingLock(held$, () => SOURCE, given), rows: [...OF_WORK, ...OF_LOSS] },
  'usingLock of something else': { call: (given) => usingLock(given, () => SOURCE), rows: NO_STREAM },
  'usingLock without work': { call: (given) => usingLock(held$, given), rows: noFunction('work') },
  lockMap: {
    call: (given) =>
      lockMap(
        () => held$,
        () => SOURCE,
        given,
      ),
    rows: [
      ...UNKNOWN,
      ...[0, -1, 1.5, Number.NaN, '2', null, {}].map((concurrent) => [{ concurrent }, 'concurrent'] as const),
      ...OF_WORK.filter(([, option]) => option.startsWith('drain')),
      ...OF_LOSS,
    ],
  },
  'lockMap without a lock': { call: (given) => lockMap(given, () => SOURCE), rows: noFunction('lockFor') },
  'lockMap without work': { call: (given) => lockMap(() => held$, given), rows: noFunction('work') },
  whileLeader: {
    call: (given) => whileLeader(() => SOURCE, given),
    rows: [...OF_WORK, [{ onLost: 'error' }, 'onLost']],
  },
  'whileLeader without work': { call: (given) => whileLeader(given), rows: noFunction('work') },
  tapLock: {
    call: tapLock,
    rows: [
      ...UNKNOWN,
      ...OBJECTS,
      [{ acquired: 5 }, 'acquired'],
      [{ lost: null }, 'lost'],
      [{ aquired: () => 0 }, 'aquired'],
    ],
  },
  ofLockEvent: {
    call: ofLockEvent,
    rows: [null, undefined, 5, '', 'aquired', 'toString', '__proto__', {}].map((type) => [type, 'types']),
  },
  scripted: {
    call: scripted,
    rows: [
      ...UNKNOWN,
      ...OBJECTS,
      [{ acquires: 'g' }, 'acquires'],
      [{ acquire: 5 }, 'acquire'],
      [{ acquire: null }, 'acquire'],
      [{ acquire: ['g', 5] }, 'acquire'],
      [{ acquire: { a: 5 } }, 'acquire'],
      [{ acquire: 'z' }, 'acquire'],
      [{ acquire: '--!' }, 'acquire'],
      [{ renew: 'g' }, 'renew'],
      [{ release: 'r' }, 'release'],
      [{ status: 'g' }, 'status'],
      [{ watch: 'g' }, 'status'],
      [{ revoked: 5 }, 'revoked'],
      [{ revoked: 'g' }, 'revoked'],
      [{ holder: 5 }, 'holder'],
      [{ retryAfter: 'soon' }, 'retryAfter'],
      [{ firstToken: 5 }, 'firstToken'],
      [{ features: { fencin: true } }, 'features.fencin'],
      [{ features: { fencing: 1 } }, 'features.fencing'],
      [{ features: null }, 'features'],
      [{ ttl: { min: '1s' } }, 'ttl.min'],
      [{ ttl: 1000 }, 'ttl'],
    ],
  },
  fakeLease: {
    call: fakeLease,
    rows: [
      ...UNKNOWN,
      ...OBJECTS,
      [{ token: 5n }, 'token'],
      [{ ttl: 'soon' }, 'ttl'],
      [{ ttl: -1 }, 'ttl'],
      [{ name: 5 }, 'name'],
      [{ name: Object.create(null) }, 'name'],
      [{ holder: null }, 'holder'],
      [{ fencingToken: 5 }, 'fencingToken'],
      [{ acquiredAt: 0 }, 'acquiredAt'],
      [{ remaining: 'soon' }, 'remaining'],
    ],
  },
  lockEvent: { call: lockEvent, rows: [null, undefined, 5, '', 'aquired', 'toString'].map((type) => [type, 'type']) },
  setDefaultLocks: {
    call: setDefaultLocks,
    rows: [null, 5, 'memory:', {}, { name: 'memory', acquire: () => NEVER }].map((locks) => [locks, 'locks']),
  },
  'lock$ of rxlock/auto': {
    call: (given) => autoLock$('a', '10s', given),
    rows: [...UNKNOWN, ...OBJECTS, ...OF_A_LOCK, ...OF_ONE_LOCK_ONLY],
  },
  'the ttl of lock$ of rxlock/auto': {
    call: (given) => autoLock$('a', given),
    rows: [60, -1, Number.NaN, 2 ** 31, 'soon', '60', null, undefined].map((ttl) => [ttl, 'ttl']),
  },
  'the name of lock$ of rxlock/auto': {
    call: (given) => autoLock$(given, '10s'),
    rows: ['', null, undefined, 5, {}].map((name) => [name, 'name']),
  },
};

for (const [name, { call, rows }] of Object.entries(CALLS)) {
  describe(`the arguments of ${name}`, () => {
    it.each(rows.map((row) => [shown(row[0]), ...row] as const))('%s are refused', async (_, given, option) => {
      vi.stubEnv('OCTOSTORE_TOKEN', undefined);
      try {
        const error = await failureOf(true, () => call(given as never));
        expectNamed(error, option);
        expect((error as Error).message).not.toContain('password@');
        expect((error as Error).message).not.toContain('=password');
        expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
      } finally {
        vi.unstubAllEnvs();
      }
    });
  });
}

describe('an unknown option', () => {
  it('is named without what would break the line of a log', () => {
    const name = 'a\u001b[31m\nb\u202e\u0085';
    const error = expect.objectContaining({
      message: expect.stringContaining(String.raw`there is no option 'a\u001b[31m\nb\u{202e}\u{85}'; there are: `),
      option: name,
    });
    expect(() => createLocks(memory(), { [name]: 1 } as never)).toThrow(error);
  });
});

describe('a baseUrl without a scheme', () => {
  it.each(['localhost:3000', 'locks.example.com', '127.0.0.1:3000/octo'])('%s: the error says what to write', (url) => {
    expect(() => octostore({ token, baseUrl: url })).toThrow(/has no scheme; write 'https:/);
  });
});

describe('locksFromUrl', () => {
  it.each([null, undefined, 5, {}, '', 'host', 'host:80', 'etcd://host', 'zookeeper://host', new URL('memory:')])(
    'refuses %s',
    async (url) => {
      const error = await failureOf(false, () => locksFromUrl(url as string));
      expect(error).toMatchObject({ code: 'ERR_LOCK_CONFIG', option: 'url' });
    },
  );

  it('passes on what is wrong with the options', async () => {
    expectNamed(await failureOf(false, () => locksFromUrl('memory:', { holder: '' })), 'holder');
  });
});
