import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { execPath } from 'node:process';
import { createInterface } from 'node:readline';
import { connect as connectTls } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import {
  acquire,
  DistributedLock,
  DistributedSemaphore,
  enqueue,
  LockError,
  release,
  renew,
  SignalConnection,
  stats,
  waitForLock,
} from '../../src/compat/dflockd/index.js';
import { describeWithDflockds } from '../support/dflockd-server.js';
import { TEST_TLS } from '../support/dflockd-tls.js';
import { until } from '../support/poll.js';
import { FaultProxy } from '../support/proxy.js';
import { PATIENCE } from './support/party.js';

const THROWER = fileURLToPath(new URL('support/thrower.ts', import.meta.url));
/** Long before any other time limit. Milliseconds. */
const SHORT = 300;

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});

/** What a promise is rejected with, and after how long. */
async function failureOf(promise: Promise<unknown>): Promise<{ readonly error: unknown; readonly after: number }> {
  const since = performance.now();
  try {
    await promise;
  } catch (error) {
    return { error, after: performance.now() - since };
  }
  throw new Error('it was not rejected');
}

/** All that opens a connection, told to take no longer than {@link SHORT} for it. */
function openers(port: number, tls: boolean): readonly (readonly [title: string, open: () => Promise<unknown>])[] {
  const options = { port, tls, connectTimeoutMs: SHORT };
  return [
    ['acquire', () => new DistributedLock({ key: 'k', ...options }).acquire()],
    ['enqueue', () => new DistributedLock({ key: 'k', ...options }).enqueue()],
    ['semaphore', () => new DistributedSemaphore({ key: 'k', limit: 2, ...options }).acquire()],
    ['stats', () => stats(options)],
    ['signals', () => SignalConnection.connect(options)],
  ];
}

async function expectShort(port: number, tls: boolean): Promise<void> {
  const failures = await Promise.all(openers(port, tls).map(([, open]) => failureOf(open())));
  for (const { error, after } of failures) {
    expect(error).toBeInstanceOf(LockError);
    expect(String(error)).toContain(`could not be reached within ${String(SHORT)} ms`);
    expect(after).toBeGreaterThan(SHORT - 20);
    expect(after).toBeLessThan(4000);
  }
}

describe('connectTimeoutMs of the documented client', () => {
  it('ends a TLS handshake that nobody answers', async () => {
    const sockets = new Set<Socket>();
    const silent: Server = createServer((socket) => sockets.add(socket.resume())).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    undo.push(() => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    await expectShort((silent.address() as AddressInfo).port, true);
    await until(
      () => [...sockets].every((socket) => socket.destroyed || socket.readableEnded),
      'the end of all sockets',
    );
  });

  it('ends a connection that is never accepted', async () => {
    const code = `require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () {
      console.log(this.address().port);
    })`;
    const child: ChildProcess = spawn(execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
    undo.push(() => child.kill('SIGKILL'));
    const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
    const port = Number(line);
    child.kill('SIGSTOP');
    // Fills what the system keeps for who does not accept.
    const fillers = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
    undo.push(() => {
      for (const filler of fillers) filler.destroy();
    });
    await sleep(SHORT);
    if (fillers.every(({ connecting }) => !connecting)) {
      console.warn('not tried: this system accepts any number of connections for a process that stands still');
      return;
    }
    await expectShort(port, false);
  });
});

describeWithDflockds('the documented client of dflockd, when a user or the network errs', (start) => {
  it('reports what onLockLost throws, and can be used again', async () => {
    const server = await start();
    const proxy = await FaultProxy.start(server.port);
    undo.push(() => proxy.stop());
    const child = spawn(execPath, ['--import', 'tsx', THROWER, String(proxy.port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      // It looks at its warnings itself.
      env: { ...process.env, NODE_NO_WARNINGS: '1' },
    });
    undo.push(() => child.kill('SIGKILL'));
    const said: string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => said.push(line));
    await until(() => said.includes('held'), 'the grant', PATIENCE);
    proxy.reset();
    const [code] = (await once(child, 'exit')) as [number];
    expect(said).toEqual([
      'held',
      'lost',
      'token null',
      'onLockLost failed: Error: of the user',
      'held again',
      'released',
    ]);
    expect(code).toBe(0);
  });

  it('gives back what was granted after the attempt was given up', async () => {
    const server = await start();
    const proxy = await FaultProxy.start(server.port);
    undo.push(() => proxy.stop());
    const lock = new DistributedLock({
      key: 'k',
      port: proxy.port,
      acquireTimeoutS: 0,
      socketTimeoutMs: SHORT,
      leaseTtlS: 60,
    });
    const granted = proxy.loseReply('l\nk', 'silence');
    const { error } = await failureOf(lock.acquire());
    expect(error).toBeInstanceOf(LockError);
    await granted;
    expect(lock.token).toBeNull();
    // Long before its lease is over.
    const next = new DistributedLock({ key: 'k', port: server.port, acquireTimeoutS: 9 });
    undo.push(() => next.close());
    expect(await next.acquire()).toBe(true);
  });

  it('gives back a late grant on a socket that has other locks', { timeout: 30_000 }, async () => {
    const server = await start();
    const proxy = await FaultProxy.start(server.port);
    undo.push(() => proxy.stop());
    const sock = connect({ port: proxy.port, host: '127.0.0.1' });
    undo.push(() => sock.destroy());
    const other = await acquire(sock, 'other', 0, 60);
    const request = proxy.hold('l\nk');
    const { error } = await failureOf(acquire(sock, 'k', 0, 60));
    expect(error).toBeInstanceOf(LockError);
    expect(String(error)).toContain('did not answer');
    request.release();
    // Granted now, to nobody.
    const rival = await server.connect();
    await until(async () => (await rival.ask('l', 'k', '0 1')).startsWith('ok'), 'the lock');
    // The answers are still those to their questions.
    expect(await renew(sock, 'other', other.token, 60)).toBeGreaterThan(55);
    await release(sock, 'other', other.token);
  });

  it('gives back what was granted in a queue and could not be confirmed', { timeout: 30_000 }, async () => {
    const server = await start();
    const proxy = await FaultProxy.start(server.port);
    undo.push(() => proxy.stop());
    const first = await server.connect();
    const token = await first.take('k', '0 60');
    const sock = connect({ port: proxy.port, host: '127.0.0.1' });
    undo.push(() => sock.destroy());
    // Without another lock the connection would be given up, and all that hangs on it.
    await acquire(sock, 'other', 0, 60);
    expect(await enqueue(sock, 'k', 12)).toMatchObject({ status: 'queued' });
    // So long that it could have run out in the queue: a confirmation is needed.
    await sleep(5000);
    const confirmation = proxy.hold('n\nk');
    const failing = failureOf(waitForLock(sock, 'k', 20));
    await until(async () => (await first.stats()).locks.find(({ key }) => key === 'k')?.waiters === 1, 'the queue');
    expect(await first.ask('r', 'k', token)).toBe('ok');
    await confirmation.arrived;
    expect((await failing).error).toBeInstanceOf(LockError);
    confirmation.release();
    // Long before its lease is over.
    await until(async () => (await first.ask('l', 'k', '0 1')).startsWith('ok'), 'the lock', 5000);
    expect(sock.destroyed).toBe(false);
  });

  it('works over a TLS socket of the user, and notices its end', async () => {
    const server = await start({ tls: TEST_TLS });
    const proxy = await FaultProxy.start(server.port);
    undo.push(() => proxy.stop());
    const open = () =>
      connectTls({ port: proxy.port, host: '127.0.0.1', ca: TEST_TLS.cert, servername: 'localhost' }).on(
        'error',
        () => undefined,
      );
    // While it is still shaking hands, and when it is done.
    const early = open();
    const late = open();
    await once(late, 'secureConnect');
    undo.push(() => {
      early.destroy();
      late.destroy();
    });
    const first = await acquire(early, 'a', 0, 30);
    expect(await renew(late, 'a', first.token, 30)).toBeGreaterThan(25);
    const waiting = failureOf(acquire(late, 'a', 10, 30));
    await until(async () => {
      const { locks } = await stats({ port: server.port, tls: { ca: TEST_TLS.cert, servername: 'localhost' } });
      return locks[0]?.waiters === 1;
    }, 'the queue');
    proxy.reset();
    expect((await waiting).error).toBeInstanceOf(LockError);
    expect((await failureOf(renew(early, 'a', first.token, 30))).error).toBeInstanceOf(LockError);
  });
});
