import { expect, it } from 'vitest';
import * as client from '../../../../src/compat/dflockd/index.js';
import { LockLostError, LockValidationError } from '../../../../src/contract/errors.js';
import { describeWithDflockd } from '../../../support/dflockd-server.js';
import { until } from '../../../support/poll.js';
import { anyKey, errorOf, socketTo } from '../support/support.js';

describeWithDflockd('functions over a socket', (server) => {
  it('acquire, renew and release', async () => {
    const sock = await socketTo(server().port);
    const key = anyKey();
    const { token, lease } = await client.acquire(sock, key, 10, 20);
    expect(lease).toBe(20);
    expect(await client.renew(sock, key, token, 60)).toBeGreaterThanOrEqual(59);
    // Without a lease the server would fall back to its default.
    expect(await client.renew(sock, key, token)).toBeGreaterThanOrEqual(59);
    expect(await client.release(sock, key, token)).toBeUndefined();
    expect(await errorOf(client.release(sock, key, token))).toBeInstanceOf(client.LockError);
    const error = await errorOf(client.renew(sock, key, token));
    expect(error).toBeInstanceOf(client.LockError);
    expect(error).toBeInstanceOf(LockLostError);
    expect(String(error)).not.toContain(token);
  });

  it('give AcquireTimeoutError', async () => {
    const [a, b] = [await socketTo(server().port), await socketTo(server().port)];
    const key = anyKey();
    await client.acquire(a, key, 0);
    for (const wait of [0, 1]) {
      expect(await errorOf(client.acquire(b, key, wait))).toBeInstanceOf(client.AcquireTimeoutError);
    }
  });

  it('queue in two phases', async () => {
    const [a, b] = [await socketTo(server().port), await socketTo(server().port)];
    const key = anyKey();
    const first = await client.enqueue(a, key, 30);
    expect(first).toMatchObject({ status: 'acquired', lease: 30 });
    expect(await client.enqueue(b, key)).toEqual({ status: 'queued', token: null, lease: null });
    const turn = client.waitForLock(b, key, 10);
    await client.release(a, key, first.token!);
    const { token, lease } = await turn;
    expect(lease).toBe(33);
    await client.release(b, key, token);
    expect(await errorOf(client.waitForLock(b, key, 1))).toBeInstanceOf(client.LockError);
  });

  it('wait in vain', async () => {
    const [a, b] = [await socketTo(server().port), await socketTo(server().port)];
    const key = anyKey();
    await client.acquire(a, key, 0);
    await client.enqueue(b, key);
    expect(await errorOf(client.waitForLock(b, key, 1))).toBeInstanceOf(client.AcquireTimeoutError);
  });

  it('do the same for semaphores', async () => {
    const [a, b, c] = [await socketTo(server().port), await socketTo(server().port), await socketTo(server().port)];
    const key = anyKey();
    const one = await client.semAcquire(a, key, 1, 2, 20);
    expect(one.lease).toBe(20);
    const two = await client.semEnqueue(b, key, 2, 20);
    expect(two.status).toBe('acquired');
    expect(await errorOf(client.semAcquire(c, key, 0, 2))).toBeInstanceOf(client.AcquireTimeoutError);
    expect(await errorOf(client.semAcquire(c, key, 0, 3))).toBeInstanceOf(LockValidationError);
    expect(await client.semEnqueue(c, key, 2)).toEqual({ status: 'queued', token: null, lease: null });
    const turn = client.semWaitForLock(c, key, 10);
    expect(await client.semRenew(a, key, one.token, 40)).toBeGreaterThanOrEqual(39);
    await client.semRelease(a, key, one.token);
    expect((await turn).token).not.toBe(one.token);
  });

  it('do not take a lease that ran out in the queue for a lock', async () => {
    const [a, b, c] = [await socketTo(server().port), await socketTo(server().port), await socketTo(server().port)];
    const key = anyKey();
    const { token } = await client.acquire(a, key, 0);
    await client.enqueue(b, key, 1);
    await client.release(a, key, token);
    const other = await client.acquire(c, key, 10, 30);
    const error = await errorOf(client.waitForLock(b, key, 5));
    expect(error).toBeInstanceOf(client.LockError);
    expect(error).not.toBeInstanceOf(client.AcquireTimeoutError);
    expect(await client.renew(c, key, other.token, 30)).toBeGreaterThan(0);
  });

  it('tell of stats in the words of the document', async () => {
    const sock = await socketTo(server().port);
    const key = anyKey();
    const { token } = await client.acquire(sock, key, 0, 30);
    const { host, port } = server();
    const told = await client.stats({ host, port });
    expect(told.connections).toBeGreaterThanOrEqual(2);
    const lock = told.locks.find((one) => one.key === key);
    expect(lock).toMatchObject({ waiters: 0, owner_conn_id: expect.any(Number) as number });
    expect(lock?.lease_expires_in_s).toBeGreaterThan(20);
    for (const list of ['semaphores', 'idle_locks', 'idle_semaphores'] as const)
      expect(told[list]).toBeInstanceOf(Array);
    await client.release(sock, key, token);
    await until(async () => !(await client.stats({ host, port })).locks.some((one) => one.key === key), 'the end');
  });

  it('reject when the socket is closed', async () => {
    const [a, b] = [await socketTo(server().port), await socketTo(server().port)];
    const key = anyKey();
    await client.acquire(a, key, 0);
    const waiting = errorOf(client.acquire(b, key, 10));
    b.destroy();
    expect(await waiting).toMatchObject({ name: 'LockError', code: 'ERR_LOCK_NETWORK' });
    expect(await errorOf(client.acquire(b, key, 10))).toBeInstanceOf(client.LockError);
  });
});
