import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import * as client from '../../../../src/compat/dflockd/index.js';
import { until } from '../../../support/poll.js';
import type { ScriptedServer } from '../support/scripted-server.js';
import { list, start } from '../support/scripts.js';
import { errorOf, lockOf, semaphoreOf, socketTo } from '../support/support.js';

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
    expect(await errorOf(lock.release())).toBeInstanceOf(client.LockError);
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

  it('takes the second of two releases at once for one of nothing', async () => {
    const server = await start(([command]) => (command === 'l' ? 'ok tok 33\n' : ['', '', 'o', 'k\n']));
    const lock = lockOf({ key: 'k', port: server.port });
    await lock.acquire();
    const first = lock.release();
    expect(await errorOf(lock.release())).toMatchObject({ name: 'LockError', lockName: 'k' });
    await first;
    expect(server.asked).toEqual(['l 10', 'r tok']);
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

  it.each(['l', 'w'])('by %s, is none if its renewal is not answered, or confirms no time', async (command) => {
    for (const renewal of [undefined, 'ok 0\n']) {
      const server = await late(command, renewal);
      const lock = lockOf({ key: 'k', port: server.port, socketTimeoutMs: 600 });
      if (command === 'w') await lock.enqueue();
      expect(await errorOf(command === 'w' ? lock.wait() : lock.acquire())).toBeInstanceOf(client.LockError);
      expect(lock.token).toBeNull();
    }
  });

  it.each([
    ['l', 'ok 1\n'],
    ['w', 'ok 1\n'],
    ['l', 'ok\n'],
    ['w', 'ok\n'],
  ])('by %s, is one if its renewal is answered %j', async (command, renewal) => {
    const server = await late(command, renewal);
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

it('a server that never finishes to connect is given up', async () => {
  const server = await list();
  const options = { key: 'k', port: server.port, tls: true, connectTimeoutMs: 50 };
  expect(await errorOf(lockOf(options).enqueue())).toMatchObject({ name: 'LockError', code: 'ERR_LOCK_NETWORK' });
  expect(await errorOf(client.stats(options))).toBeInstanceOf(client.LockError);
});
