import { inspect } from 'node:util';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import * as client from '../../../../src/compat/dflockd/index.js';
import { LockValidationError } from '../../../../src/contract/errors.js';
import { errorOf } from '../support/support.js';

const KEYS = ['', 'a b', 'a\n', 'a\r', 'a\0', 'x'.repeat(257)];
const WAITS = [-1, -0.5, NaN, Infinity];
const LEASES = [0, 0.5, -1, NaN, Infinity];
const LIMITS = [0, -1, 1.5, NaN];

describe('constructors', () => {
  it.each([
    ...KEYS.map((key) => ({ key })),
    ...WAITS.map((acquireTimeoutS) => ({ key: 'a', acquireTimeoutS })),
    ...LEASES.map((leaseTtlS) => ({ key: 'a', leaseTtlS })),
    ...[0, -1, NaN, 1].map((renewRatio) => ({ key: 'a', renewRatio })),
    { key: 'a', servers: [] },
    ...[[['h', 0]], [['h']], [['', 1]], ['h:1'], [undefined], 'h', {}].map((servers) => ({
      key: 'a',
      servers: servers as [],
    })),
    { key: 'a', renewRatio: '0.3' as unknown as number },
    { key: 1 as unknown as string },
    { key: 'a', shardingStrategy: 'crc' as unknown as () => number },
    { key: 'a', onLockLost: 1 as unknown as () => void },
    ...[
      { acquireTimeoutS: 1e12 },
      { leaseTtlS: 1e12 },
      { host: '' },
      { host: 'a b' },
      { port: 65_536 },
      { port: 1.5 },
    ].map((bad) => ({ key: 'a', ...bad })),
    { key: 'a', readTimeoutS: 0 },
    { key: 'a', readTimeoutS: 86_401 },
    { key: 'a', tls: 'yes' as unknown as boolean },
    { key: 'a', port: 0 },
    { key: 'a', connectTimeoutMs: -1 },
    { key: 'a', socketTimeoutMs: NaN },
    { key: 'a', auth: 'se\ncret' },
  ])('refuse %o', (options) => {
    expect(() => new client.DistributedLock(options)).toThrow(client.LockError);
    expect(() => new client.DistributedLock(options)).toThrow(LockValidationError);
    expect(() => new client.DistributedSemaphore({ ...options, limit: 1 })).toThrow(client.LockError);
  });

  it('say which key would be taken', () => {
    expect(() => new client.DistributedLock({ key: 'user 42' })).toThrow(/; try 'user-42'$/);
  });

  it.each(LIMITS)('refuse a limit of %s', (limit) => {
    expect(() => new client.DistributedSemaphore({ key: 'a', limit })).toThrow(client.LockError);
  });

  it('keep the options, with their defaults', () => {
    const lock = new client.DistributedLock({ key: 'a' });
    expect(lock).toMatchObject({ key: 'a', acquireTimeoutS: 10, host: '127.0.0.1', port: 6388, renewRatio: 0.5 });
    expect(lock).toMatchObject({ token: null, lease: 0, leaseTtlS: undefined });
    expect(new client.DistributedSemaphore({ key: 'a', limit: 3 }).limit).toBe(3);
  });

  it('show no secret', () => {
    const lock = new client.DistributedLock({ key: 'a', auth: 'hunter2' });
    expect(lock.auth).toBe('hunter2');
    expect(inspect(lock, { depth: 9, showHidden: true }) + JSON.stringify(lock)).not.toContain('hunter2');
  });
});

describe('functions', () => {
  const sock = new Socket();
  it.each([
    ...KEYS.flatMap((key) => [
      () => client.acquire(sock, key, 1),
      () => client.enqueue(sock, key),
      () => client.waitForLock(sock, key, 1),
      () => client.renew(sock, key, 't'),
      () => client.release(sock, key, 't'),
      () => client.semAcquire(sock, key, 1, 1),
      () => client.semEnqueue(sock, key, 1),
      () => client.semWaitForLock(sock, key, 1),
      () => client.semRenew(sock, key, 't'),
      () => client.semRelease(sock, key, 't'),
    ]),
    ...WAITS.flatMap((wait) => [
      () => client.acquire(sock, 'a', wait),
      () => client.waitForLock(sock, 'a', wait),
      () => client.semAcquire(sock, 'a', wait, 1),
      () => client.semWaitForLock(sock, 'a', wait),
    ]),
    ...LEASES.flatMap((lease) => [
      () => client.acquire(sock, 'a', 1, lease),
      () => client.enqueue(sock, 'a', lease),
      () => client.renew(sock, 'a', 't', lease),
      () => client.semAcquire(sock, 'a', 1, 1, lease),
      () => client.semEnqueue(sock, 'a', 1, lease),
      () => client.semRenew(sock, 'a', 't', lease),
    ]),
    ...LIMITS.flatMap((limit) => [
      () => client.semAcquire(sock, 'a', 1, limit),
      () => client.semEnqueue(sock, 'a', limit),
    ]),
    () => client.renew(sock, 'a', 'a b'),
    () => client.release(sock, 'a', ''),
    () => client.publish(sock, 'a b', 'x'),
    () => client.publish(sock, 'a.*', 'x'),
    () => client.publish(sock, 'a', 'x\n'),
    () => client.stats({ port: -1 }),
    () => client.SignalConnection.connect({ heartbeatIntervalMs: NaN }),
  ])('reject bad arguments: %s', async (call) => {
    const error = await errorOf(call());
    expect(error).toBeInstanceOf(client.LockError);
    expect(error).toBeInstanceOf(LockValidationError);
  });
});
