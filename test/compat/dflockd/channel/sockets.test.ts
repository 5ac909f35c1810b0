import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { expect, it } from 'vitest';
import * as client from '../../../../src/compat/dflockd/index.js';
import { describeWithDflockd } from '../../../support/dflockd-server.js';
import { TEST_TLS } from '../../../support/dflockd-tls.js';
import { until } from '../../../support/poll.js';
import { anyKey, closing, errorOf, lockOf, socketTo } from '../support/support.js';

describeWithDflockd("a user's socket", (server) => {
  it('warns of no listeners, and keeps its own timeout', async () => {
    const warnings: Error[] = [];
    const heard = (warning: Error): void => void warnings.push(warning);
    process.on('warning', heard);
    const sock = await socketTo(server().port);
    sock.setTimeout(1234);
    const keys = Array.from({ length: 40 }, () => anyKey());
    const granted = await Promise.all(keys.map((key) => client.acquire(sock, key, 5)));
    await Promise.all(keys.map((key, i) => client.release(sock, key, granted[i]!.token)));
    await new Promise(setImmediate);
    process.off('warning', heard);
    expect(warnings).toEqual([]);
    expect(sock.timeout).toBe(1234);
    expect(sock.isPaused()).toBe(false);
  });

  it('may have an encoding and listeners of its own', async () => {
    const sock = await socketTo(server().port);
    sock.setEncoding('utf8');
    const heard: string[] = [];
    sock.on('data', (text: string) => heard.push(text));
    const key = anyKey();
    const { token } = await client.acquire(sock, key, 5, 30);
    await client.release(sock, key, token);
    // Newer servers say a number more.
    expect(heard.join('').replace(/ 30 \d+/, ' 30')).toBe(`ok ${token} 30\nok\n`);
  });

  it('may be talked on by the user as well', async () => {
    const sock = await socketTo(server().port);
    const key = anyKey();
    const { token } = await client.acquire(sock, key, 5);
    sock.write(`n\n${key}\n${token} 60\n`);
    const [answer] = (await once(sock, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^ok 60/);
    await client.release(sock, key, token);
  });

  it('gives no lock for what its user said himself', async () => {
    const [holder, sock] = [await socketTo(server().port), await socketTo(server().port)];
    const [mine, raw, taken] = [anyKey(), anyKey(), anyKey()];
    await client.acquire(holder, taken, 0, 30);
    const acquired = client.acquire(sock, mine, 0, 30);
    await until(() => sock.bytesWritten > 0, 'the request');
    sock.write(`l\n${raw}\n0 30\n`);
    await acquired;
    await until(() => sock.bytesRead > 70, 'both answers');
    expect(await errorOf(client.acquire(sock, taken, 0, 30))).toBeInstanceOf(client.LockError);
  });

  it('gives no lock for an answer that its user has not read', async () => {
    const [holder, sock] = [await socketTo(server().port), await socketTo(server().port)];
    const [raw, taken] = [anyKey(), anyKey()];
    await client.acquire(holder, taken, 0, 30);
    sock.write(`l\n${raw}\n0 30\n`);
    expect(await errorOf(client.acquire(sock, taken, 0, 30))).toBeInstanceOf(client.LockError);
    const queued = await socketTo(server().port);
    queued.write(`l\n${anyKey()}\n0 30\n`);
    expect(await errorOf(client.enqueue(queued, taken, 30))).toBeInstanceOf(client.LockError);
  });

  it('carries keys in UTF-8, whatever encoding its user writes in', async () => {
    const sock = await socketTo(server().port);
    sock.setDefaultEncoding('latin1');
    const key = `${anyKey()}-ключ`;
    const { token } = await client.acquire(sock, key, 5);
    expect((await client.stats({ port: server().port })).locks.map((lock) => lock.key)).toContain(key);
    await client.release(sock, key, token);
  });

  it('rejects all that is asked when it goes, and all that is asked later', async () => {
    for (const end of ['destroy', 'resetAndDestroy'] as const) {
      const [holder, sock] = [await socketTo(server().port), await socketTo(server().port)];
      const key = anyKey();
      const { token } = await client.acquire(holder, key, 5);
      const calls = [client.acquire(sock, key, 5), client.renew(sock, key, token), client.publish(sock, 'a', 'b')].map(
        errorOf,
      );
      await new Promise(setImmediate);
      sock[end]();
      for (const error of await Promise.all(calls)) expect(error).toBeInstanceOf(client.LockError);
      expect(await errorOf(client.enqueue(sock, key))).toBeInstanceOf(client.LockError);
      expect(await errorOf(client.release(sock, key, token))).toBeInstanceOf(client.LockError);
    }
  });

  it('may have been destroyed before', async () => {
    const sock = await socketTo(server().port);
    sock.destroy();
    expect(await errorOf(client.acquire(sock, 'k', 5))).toBeInstanceOf(client.LockError);
    const never = connect({ host: '127.0.0.1', port: 1 });
    expect(await errorOf(client.acquire(never, 'k', 5))).toBeInstanceOf(client.LockError);
  });

  it('may have been ended by the server before', async () => {
    const ending = closing(createServer((socket) => socket.end()).listen(0, '127.0.0.1'));
    await once(ending, 'listening');
    const sock = connect({ port: (ending.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
    closing({ close: () => sock.destroy() });
    await once(sock.resume(), 'end');
    expect(await errorOf(client.acquire(sock, 'k', 5))).toMatchObject({ name: 'LockError', code: 'ERR_LOCK_NETWORK' });
    expect(sock.destroyed).toBe(true);
  }, 3000);
});

describeWithDflockd(
  "a user's socket to a server with little patience",
  (server) => {
    it('outlives the read timeout of the server while a lock hangs on it', async () => {
      const sock = await socketTo(server().port);
      const key = anyKey();
      const { token } = await client.acquire(sock, key, 5, 60);
      const end = performance.now() + 10_000;
      await until(() => performance.now() > end, 'the time', 12_000);
      expect(await client.renew(sock, key, token, 60)).toBe(60);
      await client.release(sock, key, token);
    });
  },
  { readTimeout: 9 },
);

describeWithDflockd(
  'a socket to a server that wants to know who asks',
  (server) => {
    it('is used once the user has said it, and not before', async () => {
      const sock = await socketTo(server().port);
      sock.write('auth\n_\nhunter2\n');
      await once(sock, 'data');
      const key = anyKey();
      const { token } = await client.acquire(sock, key, 5);
      await client.release(sock, key, token);
      const error = await errorOf(client.acquire(await socketTo(server().port), key, 5));
      expect(error).toBeInstanceOf(client.AuthError);
      expect(error).toBeInstanceOf(client.LockError);
    });
  },
  { auth: 'hunter2' },
);

it('is refused for options that make no secure connection', async () => {
  const tls = { minVersion: 'nonsense' as 'TLSv1.3' };
  const error = await errorOf(lockOf({ key: 'k', port: 1, tls }).acquire());
  expect(error).toBeInstanceOf(client.LockError);
  expect(error).toMatchObject({ option: 'tls' });
});

describeWithDflockd(
  'a server with TLS',
  (server) => {
    it.each([{ rejectUnauthorized: false }, { ca: TEST_TLS.cert, servername: 'localhost' }])(
      'is spoken to with %#',
      async (tls) => {
        const { port } = server();
        const key = anyKey();
        await lockOf({ key, port, tls }).withLock(() => undefined);
        expect((await client.stats({ port, tls })).connections).toBeGreaterThan(0);
        closing(await client.SignalConnection.connect({ port, tls }));
        const sock = connectTls({ host: '127.0.0.1', port, ...tls });
        closing({ close: () => sock.destroy() });
        const { token } = await client.acquire(sock, key, 5);
        await client.release(sock, key, token);
      },
    );
  },
  { tls: TEST_TLS },
);
