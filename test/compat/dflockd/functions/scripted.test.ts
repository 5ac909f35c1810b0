import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import * as client from '../../../../src/compat/dflockd/index.js';
import { until } from '../../../support/poll.js';
import { ScriptedServer } from '../support/scripted-server.js';
import { closing, errorOf, lockOf, semaphoreOf, socketTo } from '../support/support.js';

const list: typeof ScriptedServer.list = async (...answers) => closing(await ScriptedServer.list(...answers));
const start: typeof ScriptedServer.start = async (answer) => closing(await ScriptedServer.start(answer));

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
    'ok tok x',
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
    expect(await errorOf(client.acquire(await socketTo(server.port), 'k', 1))).toBeInstanceOf(client.AuthError);
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

describe('the classes say on the wire', () => {
  it('acquire and release', async () => {
    const server = await list('ok tok 33\n', 'ok\n');
    const lock = lockOf({ key: 'k', port: server.port });
    expect(await lock.acquire()).toBe(true);
    expect([lock.token, lock.lease]).toEqual(['tok', 33]);
    await lock.release();
    expect([lock.token, lock.lease]).toEqual([null, 0]);
    expect(server.asked).toEqual(['l 10', 'r tok']);
  });

  it('acquire, and why it is over if the server says more than it was asked', async () => {
    const server = await list('ok tok 33\nok two 33\n');
    const lock = lockOf({ key: 'k', port: server.port });
    expect(await errorOf(lock.acquire())).toMatchObject({
      name: 'LockError',
      code: 'ERR_LOCK_NETWORK',
      retryable: true,
    });
    expect(lock.token).toBeNull();
  });

  it('enqueue, wait and release, from a list that knows no confirmation', async () => {
    const server = await list('queued\n', 'ok tok 33\n', 'ok\n');
    const lock = lockOf({ key: 'k', port: server.port });
    expect(await lock.enqueue()).toBe('queued');
    expect(await lock.wait(5)).toBe(true);
    expect(lock.token).toBe('tok');
    await lock.release();
    expect(lock.token).toBeNull();
  });

  it('enqueue and wait, refused by the renewal', async () => {
    const server = await start(([command]) => ({ e: 'queued\n', w: 'ok tok 33\n' })[command] ?? 'error\n');
    const lock = lockOf({ key: 'k', port: server.port });
    expect(await lock.enqueue()).toBe('queued');
    expect(await errorOf(lock.wait(5))).toBeInstanceOf(client.LockError);
    expect(lock.token).toBeNull();
  });

  it('semaphores', async () => {
    const server = await start(([command]) => ({ sl: 'ok tok 20\n', sr: 'ok\n' })[command]);
    const place = semaphoreOf({ key: 'k', limit: 3, leaseTtlS: 20, port: server.port });
    expect(await place.withLock(() => place.token)).toBe('tok');
    expect(server.asked).toEqual(['sl 10 3 20', 'sr tok']);
  });

  it('renewals, with the lease, and an error to one is a loss', async () => {
    let renewals = 0;
    const server = await start(([command]) => {
      if (command === 'l') return 'ok tok 1\n';
      return command === 'n' && ++renewals < 3 ? 'ok 1\n' : 'error\n';
    });
    const lost: unknown[] = [];
    const lock = lockOf({ key: 'k', port: server.port, leaseTtlS: 1, onLockLost: (...told) => void lost.push(told) });
    await lock.acquire();
    await until(() => lost.length > 0, 'the loss');
    expect(lost).toEqual([['k', 'tok']]);
    expect(server.asked).toEqual(['l 10 1', 'n tok 1', 'n tok 1', 'n tok 1']);
    expect([lock.token, lock.lease]).toEqual([null, 0]);
    await until(() => server.sockets.size === 0, 'the end of the connection');
    await lock.release();
  });

  it('a renewal that is answered with a bare ok is neither a loss nor a confirmation', async () => {
    const server = await start(([command]) => (command === 'l' ? 'ok tok 1\n' : 'ok\n'));
    const lost: string[] = [];
    const lock = lockOf({ key: 'k', port: server.port, onLockLost: (key) => lost.push(key) });
    await lock.acquire();
    await until(() => server.asked.length > 2, 'the renewals');
    expect(lock.token).toBe('tok');
    await until(() => lost.length > 0, 'the loss');
  });

  it.each([1, -1, 0.5, NaN, 'length' as unknown as number])('refuses a strategy that gives %s', async (index) => {
    const lock = lockOf({ key: 'k', servers: [['127.0.0.1', 1]], shardingStrategy: () => index });
    expect(await errorOf(lock.acquire())).toMatchObject({ name: 'LockError', option: 'shardingStrategy' });
    expect(lock.token).toBeNull();
  });

  it('asks the strategy also for one server', async () => {
    const server = await list('ok tok 33\n');
    const asked: unknown[] = [];
    const lock = lockOf({
      key: 'k',
      servers: [['127.0.0.1', server.port]],
      shardingStrategy: (...all) => asked.push(all) - 1,
    });
    await lock.acquire();
    expect(asked).toEqual([['k', 1]]);
  });

  it('rejects where nobody listens', async () => {
    const server = await list();
    const { port } = server;
    server.close();
    expect(await errorOf(lockOf({ key: 'k', port }).acquire())).toBeInstanceOf(client.LockError);
    expect(await errorOf(client.stats({ port }))).toBeInstanceOf(client.LockError);
  });

  it.each(['acquire', 'wait'])('gives up a server that never answers, in %s', async (call) => {
    const server = await start(([command]) => (command === 'e' ? 'queued\n' : undefined));
    const lock = lockOf({ key: 'k', port: server.port, socketTimeoutMs: 100, acquireTimeoutS: 3600 });
    if (call === 'wait') await lock.enqueue();
    const error = await errorOf(call === 'wait' ? lock.wait() : lock.acquire());
    expect(error).toMatchObject({ name: 'LockError', code: 'ERR_LOCK_NETWORK' });
    expect(server.asked).toContain('stats');
  });

  it('waits longer than an answer may take, while the server is there', async () => {
    let grant = (): void => undefined;
    const server = await start(([command], socket) => {
      if (command === 'l') grant = () => socket.write('ok tok 33\n');
      return { stats: 'ok {}\n', r: 'ok\n' }[command];
    });
    const lock = lockOf({ key: 'k', port: server.port, socketTimeoutMs: 50 });
    const acquired = lock.acquire();
    await until(() => server.asked.filter((asked) => asked === 'stats').length > 1, 'the questions');
    grant();
    expect(await acquired).toBe(true);
    expect(server.asked[0]).toBe('l 10');
  });

  it('reads what came while nothing ran before it gives a wait up', async () => {
    const server = await start(([command], socket) => {
      if (command !== 'l') return undefined;
      socket.write('ok tok 33\n');
      const end = performance.now() + 1200;
      while (performance.now() < end);
      return undefined;
    });
    const lock = lockOf({ key: 'k', port: server.port, acquireTimeoutS: 1, socketTimeoutMs: 100 });
    expect(await lock.acquire()).toBe(true);
  });

  it('resolves two releases at once when both are done', async () => {
    const server = await start(([command]) => (command === 'l' ? 'ok tok 33\n' : ['', '', 'o', 'k\n']));
    const lock = lockOf({ key: 'k', port: server.port });
    await lock.acquire();
    const first = lock.release();
    await lock.release();
    expect(server.asked).toEqual(['l 10', 'r tok']);
    await until(() => server.sockets.size === 0);
    await first;
  });

  it('waits for ever for no release', async () => {
    const server = await list('ok tok 33\n');
    const lock = lockOf({ key: 'k', port: server.port, socketTimeoutMs: 3_600_000 });
    await lock.withLock(() => undefined);
    expect(server.asked).toEqual(['l 10', 'r tok']);
    // Else no process would end before its answer is overdue.
    await until(() => server.sockets.size === 0, 'the end of the connection');
  });

  it('survives an onLockLost that throws or rejects', async () => {
    const warnings: unknown[] = [];
    const heard = (warning: unknown): void => void warnings.push(warning);
    process.on('warning', heard);
    for (const onLockLost of [
      () => {
        throw new Error('of the user');
      },
      () => Promise.reject(new Error('of the user')),
    ]) {
      const server = await list('ok tok 33\n');
      const lock = lockOf({ key: 'k', port: server.port, onLockLost });
      await lock.acquire();
      for (const socket of server.sockets) socket.destroy();
      await until(() => lock.token === null, 'the loss');
    }
    await until(() => warnings.length === 2, 'the warnings');
    process.off('warning', heard);
  });
});

describe('a grant that was long in coming', () => {
  /** Part of the lease passes before it comes, and what is said of the renewal then. */
  async function late(command: string, renewal: string | undefined): Promise<ScriptedServer> {
    return start(([asked], socket) => {
      if (asked === 'n') return renewal;
      if (asked === 'e') return 'queued\n';
      if (asked === command) setTimeout(() => socket.write('ok tok 1\n'), 450);
      return undefined;
    });
  }

  it.each(['l', 'w'])('by %s, is none if its renewal is refused', async (command) => {
    const server = await late(command, 'error\n');
    const lost: string[] = [];
    const lock = lockOf({ key: 'k', port: server.port, onLockLost: (key) => lost.push(key) });
    if (command === 'w') await lock.enqueue();
    const error = await errorOf(command === 'w' ? lock.wait() : lock.acquire());
    expect(error).toMatchObject({ name: 'LockError', code: 'ERR_LOCK_LOST' });
    expect([lock.token, lost]).toEqual([null, []]);
  });

  it.each(['l', 'w'])('by %s, is none if its renewal is not answered, or not with a time', async (command) => {
    for (const renewal of [undefined, 'ok\n']) {
      const server = await late(command, renewal);
      const lock = lockOf({ key: 'k', port: server.port, socketTimeoutMs: 600 });
      if (command === 'w') await lock.enqueue();
      expect(await errorOf(command === 'w' ? lock.wait() : lock.acquire())).toBeInstanceOf(client.LockError);
      expect(lock.token).toBeNull();
    }
  });

  it.each(['l', 'w'])('by %s, is one if its renewal is answered', async (command) => {
    const server = await late(command, 'ok 1\n');
    const lock = lockOf({ key: 'k', port: server.port });
    if (command === 'w') await lock.enqueue();
    expect(await (command === 'w' ? lock.wait() : lock.acquire())).toBe(true);
    expect(lock.token).toBe('tok');
  });

  it('was never held if it is over when it comes', async () => {
    const server = await start(([command], socket) => {
      if (command === 'e') setTimeout(() => socket.write('acquired tok 1\n'), 850);
      return undefined;
    });
    const lost: string[] = [];
    const lock = lockOf({ key: 'k', port: server.port, onLockLost: (key) => lost.push(key) });
    expect(await errorOf(lock.enqueue())).toBeInstanceOf(client.LockError);
    expect([lock.token, lost]).toEqual([null, []]);
    await until(() => server.sockets.size === 0, 'the end of the connection');
  });

  it.each(['error_max_locks', 'error'])(
    'is given back if its renewal is answered %s and it may be there',
    async (said) => {
      const server = await late('w', `${said}\n`);
      const sock = await socketTo(server.port);
      await client.enqueue(sock, 'k');
      expect(await errorOf(client.waitForLock(sock, 'k', 5))).toBeInstanceOf(client.LockError);
      const after = errorOf(client.renew(sock, 'other', 'tok'));
      await until(() => server.frames.some(([, key]) => key === 'other'), 'the next request');
      sock.destroy();
      await after;
      expect(server.asked.includes('r tok')).toBe(said === 'error_max_locks');
    },
  );

  it('is lost as soon as its renewal is refused, however late that comes', async () => {
    let refuse = (): void => undefined;
    const server = await start(([command], socket) => {
      refuse = () => socket.write('error\n');
      return { e: 'queued\n', w: 'ok tok 600\n' }[command];
    });
    const lost: string[] = [];
    const lock = lockOf({ key: 'k', port: server.port, onLockLost: (key) => lost.push(key) });
    await lock.enqueue();
    expect(await lock.wait()).toBe(true);
    expect(lock.token).toBe('tok');
    refuse();
    await until(() => lost.length > 0, 'the loss');
    expect(lock.token).toBeNull();
  });

  it('needs its renewal where nobody knows since when it was queued for', async () => {
    const server = await start(([command]) => ({ e: 'queued\n', w: 'ok tok 33\n' })[command] ?? 'ok\n');
    const sock = await socketTo(server.port);
    sock.write('e\nk\n\n');
    await once(sock, 'data');
    expect(await errorOf(client.waitForLock(sock, 'k', 5))).toBeInstanceOf(client.LockError);
  });
});

describe('stats', () => {
  it('gives what the server says', async () => {
    const told = { connections: 1, locks: [], semaphores: [], idle_locks: [], idle_semaphores: [] };
    const server = await list(`ok ${JSON.stringify(told)}\n`);
    expect(await client.stats({ host: '127.0.0.1', port: server.port })).toEqual(told);
    expect(server.frames).toEqual([['stats', '_', '']]);
  });

  it.each(['error', 'ok', 'ok {', 'nonsense'])('rejects %j', async (answer) => {
    const server = await list(`${answer}\n`);
    expect(await errorOf(client.stats({ port: server.port }))).toBeInstanceOf(client.LockError);
  });
});

it('a server that never finishes to connect is given up', async () => {
  const server = await list();
  const options = { key: 'k', port: server.port, tls: true, connectTimeoutMs: 50 };
  expect(await errorOf(lockOf(options).enqueue())).toMatchObject({ name: 'LockError', code: 'ERR_LOCK_NETWORK' });
  expect(await errorOf(client.stats(options))).toBeInstanceOf(client.LockError);
});

describe('SignalConnection', () => {
  it('hears what comes before, with and after an answer', async () => {
    const server = await start(([command], socket) => {
      if (command !== 'listen') return 'ok\n';
      socket.write('sig a early\n');
      return ['ok\nsig a b', ' c\nsig a last\n'];
    });
    const sock = await socketTo(server.port);
    const signals = closing(new client.SignalConnection(sock, 0));
    const heard: client.Signal[] = [];
    signals.onSignal((signal) => heard.push(signal));
    await signals.listen('a');
    await until(() => heard.length === 3, 'the signals');
    expect(heard.map(({ payload }) => payload)).toEqual(['early', 'b c', 'last']);
    signals.close();
    signals.close();
    expect(signals.isClosed).toBe(true);
    await once(sock, 'close').catch(() => undefined);
  });

  it('hears what a socket with an encoding of its own brings', async () => {
    const server = await list('ok\nsig a früh\n');
    const sock = await socketTo(server.port);
    sock.setEncoding('utf8');
    const signals = closing(new client.SignalConnection(sock, 0));
    const heard: client.Signal[] = [];
    signals.onSignal((signal) => heard.push(signal));
    await signals.listen('a');
    await until(() => heard.length > 0 || signals.isClosed, 'the signal');
    expect(heard).toEqual([{ channel: 'a', payload: 'früh' }]);
  });

  it('keeps the last ten thousand for an iteration that does not go on', async () => {
    const signalled = Array.from({ length: 10_005 }, (_, i) => `sig a ${String(i)}\n`).join('');
    const server = await list('ok\n', `${signalled}ok 1\n`);
    const signals = closing(new client.SignalConnection(await socketTo(server.port), 0));
    await signals.listen('a');
    const iteration = signals[Symbol.asyncIterator]();
    await signals.emit('a', 'b');
    signals.close();
    const read: string[] = [];
    for await (const { payload } of iteration) read.push(payload);
    expect([read.length, read[0], read.at(-1)]).toEqual([10_000, '5', '10004']);
  });

  it('survives a listener that throws', async () => {
    const warnings: unknown[] = [];
    const hear = (warning: unknown): void => void warnings.push(warning);
    process.on('warning', hear);
    const server = await list('ok\nsig a b\n');
    const signals = closing(new client.SignalConnection(await socketTo(server.port), 0));
    const heard: client.Signal[] = [];
    signals.onSignal(() => {
      throw new Error('of the user');
    });
    signals.onSignal(() => Promise.reject(new Error('of the user')));
    signals.onSignal((signal) => heard.push(signal));
    await signals.listen('a');
    await until(() => heard.length === 1 && warnings.length === 2, 'the signal and the warnings');
    process.off('warning', hear);
  });

  it('hears what another one on its socket hears', async () => {
    const server = await list('ok\nsig a b\n');
    const sock = await socketTo(server.port);
    const both = [new client.SignalConnection(sock, 0), new client.SignalConnection(sock, 0)].map(closing);
    const heard: string[] = [];
    both.forEach((signals, i) => {
      signals.onSignal(({ payload }) => heard.push(`${String(i)} ${payload}`));
    });
    await both[1]!.listen('a');
    await until(() => heard.length === 2, 'the signals');
    expect(heard).toEqual(['0 b', '1 b']);
  });

  it('sends one heartbeat at a time', async () => {
    const server = await start(() => undefined);
    closing(await client.SignalConnection.connect({ port: server.port, heartbeatIntervalMs: 5 }));
    await until(() => server.asked.length > 0, 'the heartbeat');
    const end = performance.now() + 200;
    await until(() => performance.now() > end);
    expect(server.asked).toEqual(['ping']);
  });

  it('sends heartbeats', async () => {
    const server = await start(() => 'ok\n');
    closing(await client.SignalConnection.connect({ port: server.port, heartbeatIntervalMs: 20 }));
    await until(() => server.asked.filter((asked) => asked === 'ping').length > 2, 'the heartbeats');
  });
});
