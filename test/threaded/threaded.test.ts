import { inspect } from 'node:util';
import { BroadcastChannel } from 'node:worker_threads';
import { VirtualTimeScheduler } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import {
  LockAuthenticationError,
  LockCapacityError,
  LockClosedError,
  LockConfigError,
  LockHeldError,
  LockNetworkError,
  LockValidationError,
} from '../../src/contract/errors.js';
import { createLocks } from '../../src/locks/create-locks.js';
import { threaded, type ThreadedOptions } from '../../src/threaded/index.js';
import type { LockBackend } from '../../src/contract/backend.js';
import type { LocksEvent } from '../../src/contract/lease.js';
import { until } from '../support/poll.js';
import { threadedBuild } from '../support/threaded-build.js';

const open: LockBackend[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((backend) => backend.close()));
});

function inWorker(name: string, options: Partial<ThreadedOptions> = {}): LockBackend {
  const { worker, services } = threadedBuild();
  const backend = threaded({ module: services, export: name, worker, ...options });
  open.push(backend);
  return backend;
}

function failure(name: string, options: Partial<ThreadedOptions> = {}): unknown {
  try {
    return inWorker(name, options);
  } catch (error) {
    return error;
  }
}

describe('threaded', () => {
  it('has what the backend in the worker has', () => {
    const backend = inWorker('memory');
    expect(backend).toMatchObject({ name: 'memory', features: { fencing: true, fifo: true, push: true } });
    expect(Object.keys(backend)).toEqual(expect.arrayContaining(['watch', 'list', 'revoke', 'ping', 'confirmed']));
    expect(JSON.parse(JSON.stringify(backend))).toEqual({ name: 'memory', features: backend.features });
    const failing = inWorker('failing');
    expect(Object.keys(failing)).not.toEqual(expect.arrayContaining(['watch']));
    expect(failing.ping).toBeUndefined();
  });

  it('has a backend made by an async function', async () => {
    const locks = createLocks(inWorker('asyncMemory'));
    const lease = await locks.acquire('a', '30s');
    expect(lease).toMatchObject({ name: 'a', fencingToken: 1n, isHeld: true });
    await locks.close();
  });

  it('tells of a lock what the backend tells, and asks what it is asked', async () => {
    const locks = createLocks(inWorker('memory'), { holder: 'me' });
    const lease = await locks.acquire('a/b', '30s', { metadata: 'night' });
    expect(lease).toMatchObject({ holder: 'me', metadata: 'night' });
    expect(lease.remaining()).toBeGreaterThan(20_000);
    const status = await locks.status('a/b');
    expect(status).toMatchObject({ status: 'held', holder: 'me', fencingToken: 1n, metadata: 'night' });
    expect(status.expiresAt).toBeInstanceOf(Date);
    expect(JSON.parse(JSON.stringify(status))).toMatchObject({ fencingToken: '1' });
    expect((await locks.list('a/')).map(({ name }) => name)).toEqual(['a/b']);
    await locks.ping();
    await lease.release();
    expect((await locks.status('a/b')).status).toBe('free');
    await locks.close();
  });

  it('asks for another ttl from now on', async () => {
    const locks = createLocks(inWorker('memory'));
    const lease = await locks.acquire('a', '60s');
    await lease.extend('30s');
    expect(lease.remaining()).toBeLessThanOrEqual(24_000);
    await lease.extend('90s');
    expect(lease.remaining()).toBeGreaterThan(30_000);
    expect(lease.isHeld).toBe(true);
    await locks.close();
  });

  it('passes on how a lock is shared, and how many permits are taken', async () => {
    const locks = createLocks(inWorker('memory'));
    const readers = await Promise.all(['1', '2'].map(() => locks.acquire('a', '30s', { mode: 'shared' })));
    expect(readers.every(({ isHeld }) => isHeld)).toBe(true);
    expect(await locks.tryAcquire('a', '30s')).toBeNull();
    await locks.acquire('api', '30s', { limit: 5, permits: 3 });
    expect(await locks.tryAcquire('api', '30s', { limit: 5, permits: 3 })).toBeNull();
    await locks.close();
  });

  it('hears of a revocation by a look, in the same turn', async () => {
    const backend = inWorker('memory');
    const locks = createLocks(backend);
    const lease = await locks.acquire('a', '30s');
    const events: LocksEvent[] = [];
    locks.events$.subscribe((event) => events.push(event));
    const end = Date.now() + 10_000;
    backend.revoke?.('a').subscribe({ error: () => undefined });
    await Promise.resolve();
    // The loop does not turn until it is seen.
    while (lease.isHeld && Date.now() < end);
    expect(lease.isHeld).toBe(false);
    expect(events).toMatchObject([{ type: 'lost', reason: 'revoked' }]);
    await locks.close();
  });

  it('keeps the process alive for nothing', async () => {
    const locks = createLocks(inWorker('memory'));
    await locks.using('a', '30s', () => undefined);
    const waiting = (): number =>
      process.getActiveResourcesInfo().filter((one) => /Worker|MessagePort/.test(one)).length;
    await until(() => waiting() === 0, 'the worker is no reason to go on');
    const lease = await locks.acquire('b', '30s');
    const pending = locks.acquire('b', '30s').catch(() => undefined);
    expect(waiting()).toBeGreaterThan(0);
    await lease.release();
    await pending;
    await locks.close();
  });
});

describe('what a threaded backend throws', () => {
  it.each([
    ['held', LockHeldError, { holder: 'them', expiresAt: new Date(5000), retryAfter: 7 }],
    ['authentication', LockAuthenticationError, {}],
    ['capacity', LockCapacityError, { retryAfter: 9 }],
    ['validation', LockValidationError, { option: 'name', lockName: 'validation' }],
    ['network', LockNetworkError, { retryAfter: 40_000 }],
  ])('is what was thrown in the worker: %s', async (name, Class, fields) => {
    const locks = createLocks(inWorker('failing'), { retry: { count: 0 } });
    const error = await locks.acquire(name, '30s').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Class);
    expect(error).toMatchObject(fields);
    await locks.close();
  });

  it('is an error that may be tried again, if the service answers what is no answer, and ends no worker', async () => {
    const locks = createLocks(inWorker('nonsense'), { retry: { count: 0 } });
    for (const name of ['nothing', 'function', 'grantless', 'boundless', 'wild']) {
      const error = await locks.acquire(name, '30s').catch((thrown: unknown) => thrown);
      expect(error, name).toBeInstanceOf(LockNetworkError);
    }
    expect((await locks.status('x')).status).toBe('free');
    await locks.close();
  });

  it('is thrown at the call, if it makes no backend', () => {
    expect(failure('refusing')).toBeInstanceOf(LockValidationError);
    expect(failure('refusing')).toMatchObject({ option: 'port' });
    expect(failure('noBackend')).toMatchObject({ code: 'ERR_LOCK_CONFIG', option: 'export' });
    expect(failure('nothing')).toMatchObject({ code: 'ERR_LOCK_CONFIG', option: 'export' });
    expect(failure('NO_FUNCTION')).toMatchObject({ code: 'ERR_LOCK_CONFIG', option: 'export' });
    for (const module of ['no-such-package-anywhere', '/nowhere/locks.js', 'file:///nowhere/locks.js']) {
      expect(failure('memory', { module })).toMatchObject({ code: 'ERR_LOCK_CONFIG', option: 'module' });
    }
  });

  it('is no secret', () => {
    const backend = inWorker('octostore', { args: [{ token: 'tell-nobody', baseUrl: 'http://127.0.0.1:1' }] });
    const locks = createLocks(backend);
    expect(inspect([backend, locks], { depth: 20, showHidden: true })).not.toContain('tell-nobody');
    expect(String(failure('octostore', { args: [{ token: 'tell-nobody', baseUrl: 'ftp://nowhere' }] }))).not.toContain(
      'tell-nobody',
    );
  });

  it('is a LockConfigError in a time that is not the real one', () => {
    const scheduler = new VirtualTimeScheduler();
    expect(() => createLocks(inWorker('memory'), { scheduler })).toThrow(LockConfigError);
    const clock = { elapsed: () => 0, date: () => 0, monotonic: () => 0 };
    expect(() => createLocks(inWorker('memory'), { clock })).toThrow(LockConfigError);
  });
});

describe('the end of a worker', () => {
  it('lets a lock be looked at while the backend closes', async () => {
    const backend = inWorker('lingeringMemory');
    const locks = createLocks(backend);
    const lease = await locks.acquire('a', '30s');
    const closing = backend.close();
    expect(lease.isHeld).toBe(true);
    await closing;
    expect(lease.isHeld).toBe(false);
    await locks.close();
  });

  it('comes with the close', async () => {
    const backend = inWorker('memory');
    const locks = createLocks(backend);
    await locks.acquire('a', '30s');
    await locks.close();
    expect(() => createLocks(backend)).toThrow(LockClosedError);
    const unused = inWorker('memory');
    await unused.close();
    await unused.close();
  });

  it('is told at once to who holds a lock, and to who asks for one', async () => {
    const locks = createLocks(inWorker('mortalMemory'));
    await locks.acquire('a', '1h');
    const events: LocksEvent[] = [];
    locks.events$.subscribe((event) => events.push(event));
    const channel = new BroadcastChannel('rxlock-test-death');
    channel.postMessage('now');
    const lost = (): LocksEvent | undefined => events.find(({ type }) => type === 'lost');
    await until(() => lost() !== undefined, 'the loss');
    channel.close();
    expect(lost()).toMatchObject({
      reason: 'connection',
      cause: { message: expect.stringMatching(/worker .* has ended/) },
    });
    const error = await locks.acquire('b', '30s').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LockClosedError);
    await locks.close();
  });
});
