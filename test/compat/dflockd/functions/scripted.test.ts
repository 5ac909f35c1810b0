import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import * as client from '../../../../src/compat/dflockd/index.js';
import { until } from '../../../support/poll.js';
import { list, start } from '../support/scripts.js';
import { closing, errorOf, socketTo } from '../support/support.js';

describe('the functions say on the wire', () => {
  it.each([
    ['acquire', (s) => client.acquire(s, 'k', 10), 'l 10', 'ok tok 33', { token: 'tok', lease: 33 }],
    ['acquire, a lease', (s) => client.acquire(s, 'k', 10, 60), 'l 10 60', 'ok tok 60', { token: 'tok', lease: 60 }],
    ['enqueue', (s) => client.enqueue(s, 'k'), 'e', 'acquired tok 33', { status: 'acquired', token: 'tok', lease: 33 }],
    [
      'enqueue, a lease',
      (s) => client.enqueue(s, 'k', 60),
      'e 60',
      'queued',
      { status: 'queued', token: null, lease: null },
    ],
    ['renew', (s) => client.renew(s, 'k', 'tok'), 'n tok', 'ok 42', 42],
    ['renew, a lease', (s) => client.renew(s, 'k', 'tok', 60), 'n tok 60', 'ok 60', 60],
    ['release', (s) => client.release(s, 'k', 'tok'), 'r tok', 'ok', undefined],
    ['semAcquire', (s) => client.semAcquire(s, 'k', 10, 3), 'sl 10 3', 'ok tok 33', { token: 'tok', lease: 33 }],
    [
      'semAcquire, a lease',
      (s) => client.semAcquire(s, 'k', 10, 3, 60),
      'sl 10 3 60',
      'ok tok 60',
      { token: 'tok', lease: 60 },
    ],
    [
      'semEnqueue',
      (s) => client.semEnqueue(s, 'k', 3),
      'se 3',
      'queued',
      { status: 'queued', token: null, lease: null },
    ],
    [
      'semEnqueue, a lease',
      (s) => client.semEnqueue(s, 'k', 3, 60),
      'se 3 60',
      'acquired tok 60',
      { status: 'acquired', token: 'tok', lease: 60 },
    ],
    ['semRenew', (s) => client.semRenew(s, 'k', 'tok', 60), 'sn tok 60', 'ok 60', 60],
    ['semRelease', (s) => client.semRelease(s, 'k', 'tok'), 'sr tok', 'ok', undefined],
    ['publish', (s) => client.publish(s, 'k', 'hello there'), 'signal hello there', 'ok 3', 3],
  ] as const satisfies readonly (readonly [
    string,
    (s: ReturnType<typeof connect>) => Promise<unknown>,
    string,
    string,
    unknown,
  ])[])('%s', async (_name, call, asked, answer, result) => {
    const server = await list(`${answer}\n`);
    const sock = await socketTo(server.port);
    expect(await call(sock)).toEqual(result);
    expect(server.asked).toEqual([asked]);
    expect(server.frames[0]![1]).toBe('k');
  });

  it.each(['w', 'sw'] as const)('%s, which is believed though nothing else is answered', async (command) => {
    const server = await list('ok tok 33\n');
    const sock = await socketTo(server.port);
    const wait = command === 'w' ? client.waitForLock : client.semWaitForLock;
    expect(await wait(sock, 'k', 10)).toEqual({ token: 'tok', lease: 33 });
    expect(server.asked[0]).toBe(`${command} 10`);
  });
});

describe('functions on a socket', () => {
  it('read an answer in many pieces', async () => {
    const server = await list(['o', 'k to', 'k', ' 3', '3', '\n'], ['ok 4', '2\n']);
    const sock = await socketTo(server.port);
    expect(await client.acquire(sock, 'k', 10)).toEqual({ token: 'tok', lease: 33 });
    expect(await client.renew(sock, 'k', 'tok')).toBe(42);
  });

  it('keep what came in excess for the next call', async () => {
    const server = await list('ok one 33\nok two 33\nok\n');
    const sock = await socketTo(server.port);
    expect(await client.acquire(sock, 'a', 10)).toEqual({ token: 'one', lease: 33 });
    expect(await client.acquire(sock, 'b', 10)).toEqual({ token: 'two', lease: 33 });
    await client.release(sock, 'a', 'one');
    expect(sock.destroyed).toBe(false);
  });

  it('prefer an answer that comes when it is asked for to what came in excess', async () => {
    const server = await list('ok one 33\nok two 33\n', 'timeout\n', 'ok\n');
    const sock = await socketTo(server.port);
    await client.acquire(sock, 'a', 10);
    expect(await errorOf(client.acquire(sock, 'b', 10))).toBeInstanceOf(client.AcquireTimeoutError);
    await client.release(sock, 'a', 'one');
    expect(server.asked).toEqual(['l 10', 'l 10', 'r one']);
  });

  it('take a grant that is told twice for one', async () => {
    const server = await start(([, key]) => (key === 'a' ? 'ok one 33\nok one 33\n' : undefined));
    const sock = await socketTo(server.port);
    await client.acquire(sock, 'a', 10);
    const end = performance.now() + 600;
    const other = errorOf(client.acquire(sock, 'b', 10));
    await until(() => performance.now() > end);
    sock.destroy();
    expect(await other).toBeInstanceOf(client.LockError);
  });

  it('take an answer that is given twice for no grant of another lock', async () => {
    const server = await start(([, key]) => (key === 'b' ? 'ok one 33\nok one 33\nok two 33\n' : undefined));
    const sock = await socketTo(server.port);
    const [a, b] = await Promise.allSettled([client.acquire(sock, 'a', 10), client.acquire(sock, 'b', 10)]);
    expect(a.status).toBe('fulfilled');
    expect(b).toMatchObject({ status: 'rejected', reason: { name: 'LockError', code: 'ERR_LOCK_NETWORK' } });
    expect(sock.destroyed).toBe(true);
  });

  it('answer in the order of the calls', async () => {
    const server = await start(([, key]) => `ok ${key} 33\n`);
    const sock = await socketTo(server.port);
    const keys = Array.from({ length: 50 }, (_, i) => `key-${String(i)}`);
    const tokens = await Promise.all(keys.map(async (key) => (await client.acquire(sock, key, 10)).token));
    expect(tokens).toEqual(keys);
  });

  it('use a socket that is still connecting', async () => {
    const server = await list('ok tok 33\n');
    const sock = connect({ host: '127.0.0.1', port: server.port });
    closing({ close: () => sock.destroy() });
    expect(await client.acquire(sock, 'k', 10)).toEqual({ token: 'tok', lease: 33 });
  });

  it.each(['', 'ok tok'])('reject when the server closes after %j', async (answer) => {
    const server = await start((_frame, socket) => {
      socket.end(answer);
      return undefined;
    });
    const sock = await socketTo(server.port);
    expect(await errorOf(client.acquire(sock, 'k', 10))).toBeInstanceOf(client.LockError);
    expect(await errorOf(client.acquire(sock, 'k', 10))).toBeInstanceOf(client.LockError);
  });

  it.each([
    'error',
    'error_max_locks',
    'error_max_waiters',
    'error_limit_mismatch',
    'error_not_enqueued',
    'error_already_enqueued',
    'error_lease_expired',
    'nonsense',
    '',
    'ok',
    'timeout ',
  ])('reject %j with a LockError', async (answer) => {
    for (const call of [client.acquire, client.enqueue, client.waitForLock] as const) {
      const server = await list(`${answer}\n`);
      const sock = await socketTo(server.port);
      const error = await errorOf(call(sock, 'the-key', 10));
      expect(error).toBeInstanceOf(client.LockError);
      expect(error).not.toBeInstanceOf(client.AcquireTimeoutError);
      if (answer.startsWith('error')) {
        expect(error).toMatchObject({ message: expect.stringContaining('the-key') as string });
      }
    }
  });

  it('name the key in a timeout', async () => {
    const server = await list('timeout\n', 'timeout\n', 'timeout\n', 'timeout\n');
    const sock = await socketTo(server.port);
    for (const call of [
      client.acquire(sock, 'the-key', 1),
      client.waitForLock(sock, 'the-key', 1),
      client.semAcquire(sock, 'the-key', 1, 2),
      client.semWaitForLock(sock, 'the-key', 1),
    ]) {
      const error = await errorOf(call);
      expect(error).toBeInstanceOf(client.AcquireTimeoutError);
      expect(error).toMatchObject({
        name: 'AcquireTimeoutError',
        message: expect.stringContaining('the-key') as string,
      });
    }
    expect(sock.destroyed).toBe(false);
  });

  it('give AuthError', async () => {
    const server = await list('error_auth\n');
    const error = await errorOf(client.acquire(await socketTo(server.port), 'k', 1));
    expect(error).toBeInstanceOf(client.AuthError);
    expect(error).toMatchObject({ message: expect.stringMatching(/^authentication failed/) as string });
  });

  it('leave the socket as it was', async () => {
    const server = await start(([command]) => (command === 'l' ? 'ok tok 33\n' : 'ok\n'));
    const sock = await socketTo(server.port);
    sock.setTimeout(60_000);
    const events = ['data', 'error', 'close', 'end', 'timeout'] as const;
    const counts = () => events.map((event) => sock.listenerCount(event));
    const use = async (): Promise<void> => {
      const { token } = await client.acquire(sock, 'k', 10);
      await client.release(sock, 'k', token);
    };
    await use();
    const before = counts();
    for (let i = 0; i < 30; i++) await use();
    expect(sock.timeout).toBe(60_000);
    expect(sock.readableEncoding).toBeNull();
    expect(sock.destroyed).toBe(false);
    expect(counts()).toEqual(before);
  });
});

it('a socket is kept alive while something hangs on it, and no longer', async () => {
  const server = await start(([command, key]) => ({ l: `ok ${key} 60\n`, stats: 'ok {}\n' })[command] ?? 'ok\n');
  const [idle, holding] = [await socketTo(server.port), await socketTo(server.port)];
  await client.release(idle, 'idle', (await client.acquire(idle, 'idle', 10)).token);
  await client.acquire(holding, 'held', 10);
  await until(() => server.frames.some(([command]) => command === 'stats'), 'the keep-alive', 15_000);
  const end = performance.now() + 500;
  await until(() => performance.now() > end);
  expect(server.asked).toEqual(['l 10', 'r idle', 'l 10', 'stats']);
});
