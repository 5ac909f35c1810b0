import { afterEach, beforeEach, expect, it } from 'vitest';
import { acquire, LockError, SignalConnection } from '../../../../src/compat/dflockd/index.js';
import { describeWithDflockds } from '../../../support/dflockd-server.js';
import { until } from '../../../support/poll.js';
import { FaultProxy } from '../../../support/proxy.js';
import { anyKey, closing, errorOf, lockOf, socketTo } from '../support/support.js';

describeWithDflockds('the drop-in client when things break', (start) => {
  let proxy: FaultProxy;
  let direct: number;
  beforeEach(async () => {
    const server = await start();
    direct = server.port;
    proxy = await FaultProxy.start(server.port);
  });
  afterEach(async () => {
    await proxy.stop();
  });

  it('tells once of a connection that was cut', async () => {
    const lost: [string, string][] = [];
    const key = anyKey();
    const lock = lockOf({ key, port: proxy.port, onLockLost: (...told) => lost.push(told) });
    await lock.acquire();
    const token = lock.token;
    proxy.reset();
    await until(() => lost.length > 0, 'the loss');
    expect(lost).toEqual([[key, token]]);
    expect(lock.token).toBeNull();
    expect(await errorOf(lock.release())).toBeInstanceOf(LockError);
    expect(await lock.acquire()).toBe(true);
  });

  it('notices a server that has fallen silent', async () => {
    const lost: string[] = [];
    const key = anyKey();
    const lock = lockOf({ key, port: proxy.port, leaseTtlS: 2, onLockLost: (name) => lost.push(name) });
    await lock.acquire();
    proxy.blackhole();
    await until(() => lost.length > 0, 'the loss');
    expect(lock.token).toBeNull();
    const other = lockOf({ key, port: direct });
    expect(await other.acquire()).toBe(true);
  });

  it('does not take one renewal that could not be confirmed for a loss', async () => {
    const lost: string[] = [];
    const lock = lockOf({ key: anyKey(), port: proxy.port, leaseTtlS: 3, onLockLost: (name) => lost.push(name) });
    await lock.acquire();
    const held = proxy.hold('n\n');
    await held.arrived;
    const { token } = lock;
    // The answer comes when the next attempt is on its way already.
    const end = performance.now() + 500;
    await until(() => performance.now() > end);
    held.release();
    const later = performance.now() + 3000;
    await until(() => performance.now() > later);
    expect(lost).toEqual([]);
    expect(lock.token).toBe(token);
  });

  it('is told by the server that another has it', async () => {
    const lost: string[] = [];
    const key = anyKey();
    const lock = lockOf({ key, port: proxy.port, leaseTtlS: 2, onLockLost: (name) => lost.push(name) });
    await lock.acquire();
    const sock = await socketTo(direct);
    const { release } = await import('../../../../src/compat/dflockd/index.js');
    await release(sock, key, lock.token!);
    await until(() => lost.length > 0, 'the loss');
    await until(() => proxy.connections === 0, 'the end of the connection');
  });

  it('notices a socket that hangs during a wait', async () => {
    const key = anyKey();
    await acquire(await socketTo(direct), key, 0);
    const lock = lockOf({ key, port: proxy.port, acquireTimeoutS: 1, socketTimeoutMs: 200 });
    proxy.blackhole('replies');
    const error = await errorOf(lock.acquire());
    expect(error).toMatchObject({ name: 'LockError', code: 'ERR_LOCK_NETWORK' });
    expect(error).toBeInstanceOf(LockError);
  });

  it('does not take a lease that ran out in the queue for a lock', async () => {
    const key = anyKey();
    const [a, b, c] = [direct, proxy.port, direct].map((port) => lockOf({ key, port, leaseTtlS: 1 }));
    await a!.acquire();
    expect(await b!.enqueue()).toBe('queued');
    await a!.release();
    expect(await c!.acquire()).toBe(true);
    const error = await errorOf(b!.wait(5));
    expect(error).toBeInstanceOf(LockError);
    expect(b!.token).toBeNull();
    expect(c!.token).not.toBeNull();
  });

  it('tells of a connection that was cut between enqueue and wait', async () => {
    const key = anyKey();
    await acquire(await socketTo(direct), key, 0);
    const lock = lockOf({ key, port: proxy.port });
    await lock.enqueue();
    proxy.reset();
    expect(await errorOf(lock.wait(1))).toBeInstanceOf(LockError);
    expect(await lock.enqueue()).toBe('queued');
  });

  it('ends a signal connection whose server has fallen silent', async () => {
    const sock = await socketTo(proxy.port);
    const signals = closing(new SignalConnection(sock, 50));
    const reading = signals[Symbol.asyncIterator]().next();
    proxy.blackhole();
    expect(await reading).toEqual({ done: true, value: undefined });
    expect(signals.isClosed).toBe(true);
  });
});
