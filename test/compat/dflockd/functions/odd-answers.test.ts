import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import * as client from '../../../../src/compat/dflockd/index.js';
import { list, start } from '../support/scripts.js';
import { errorOf, socketTo } from '../support/support.js';

/** What answers as a server, and is no socket of Node's. */
function standIn(answers: readonly string[]): Socket {
  const rest = [...answers];
  let text = '';
  const stream: Duplex = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString();
      for (; text.split('\n').length > 3; text = text.split('\n').slice(3).join('\n')) stream.push(rest.shift());
      done();
    },
  });
  return stream as unknown as Socket;
}

describe('an answer without a lease, or with an odd one', () => {
  it.each([
    ['', 30],
    [' abc', 30],
    [' -5', 30],
    [' 0', 0],
    [' 7', 7],
  ])('%j counts as %s s', async (words, lease) => {
    const server = await start(([command]) =>
      command.endsWith('e') ? `acquired tok${words}\n` : command.endsWith('n') ? 'ok\n' : `ok tok${words}\n`,
    );
    const each = async (call: (sock: Socket) => Promise<unknown>): Promise<unknown> =>
      call(await socketTo(server.port));
    const granted = { token: 'tok', lease };
    expect(await each((sock) => client.acquire(sock, 'k', 10))).toEqual(granted);
    expect(await each((sock) => client.enqueue(sock, 'k'))).toEqual({ status: 'acquired', ...granted });
    expect(await each((sock) => client.semAcquire(sock, 'k', 10, 3))).toEqual(granted);
    expect(await each((sock) => client.semEnqueue(sock, 'k', 3))).toEqual({ status: 'acquired', ...granted });
    expect(await each((sock) => client.waitForLock(sock, 'k', 10))).toEqual(granted);
    expect(await each((sock) => client.semWaitForLock(sock, 'k', 10))).toEqual(granted);
  });

  it.each([
    ['ok', undefined, 30],
    ['ok', 60, 60],
    ['ok', 20, 20],
    ['ok abc', undefined, 30],
    ['ok -1', undefined, 30],
    ['ok 0', 60, 0],
  ])('to a renewal, %j to who asked for %s, is %s s', async (answer, asked, remaining) => {
    const server = await start(() => `${answer}\n`);
    const sock = await socketTo(server.port);
    expect(await client.renew(sock, 'k', 'tok', asked)).toBe(remaining);
    expect(await client.semRenew(sock, 'k', 'tok', asked)).toBe(remaining);
  });

  it('to a renewal that names no lease counts as what was granted', async () => {
    const server = await list('ok tok 20\n', 'ok\n');
    const sock = await socketTo(server.port);
    await client.acquire(sock, 'k', 10);
    expect(await client.renew(sock, 'k', 'tok')).toBe(20);
    expect(server.asked).toEqual(['l 10', 'n tok 20']);
  });

  it('is read by the status that its request has', async () => {
    const server = await start(([command]) => (command === 'e' ? 'ok tok 33\n' : 'acquired tok 33\n'));
    for (const call of [client.acquire, client.enqueue, client.waitForLock] as const)
      expect(await errorOf(call(await socketTo(server.port), 'k', 1))).toBeInstanceOf(client.LockError);
  });
});

it('lines may end in CR LF, in pieces as well', async () => {
  const server = await list(
    'ok tok 33\r\n',
    'ok 42\r\n',
    'ok\r\n',
    ['timeout\r', '\n'],
    'queued\r\n',
    'error\r\n',
    'ok 3\r\n',
  );
  const sock = await socketTo(server.port);
  expect(await client.acquire(sock, 'k', 10)).toEqual({ token: 'tok', lease: 33 });
  expect(await client.renew(sock, 'k', 'tok')).toBe(42);
  await client.release(sock, 'k', 'tok');
  expect(await errorOf(client.acquire(sock, 'k', 1))).toBeInstanceOf(client.AcquireTimeoutError);
  expect(await client.enqueue(sock, 'k')).toEqual({ status: 'queued', token: null, lease: null });
  expect(await errorOf(client.release(sock, 'k', 'tok'))).toBeInstanceOf(client.LockError);
  expect(await client.publish(sock, 'a', 'b')).toBe(3);
});

it('stats may end in CR LF', async () => {
  const server = await list('ok {"connections":1,"locks":[]}\r\n');
  expect(await client.stats({ port: server.port })).toMatchObject({ connections: 1, locks: [] });
});

it('waits are rounded up to whole seconds, and leases down', async () => {
  const server = await start(([command]) => (command === 'n' ? 'ok 1\n' : command === 'e' ? 'queued\n' : 'ok tok 1\n'));
  const sock = await socketTo(server.port);
  await client.acquire(sock, 'a', 0.2, 1.9);
  await client.renew(sock, 'a', 'tok', 2.5);
  await client.enqueue(sock, 'b', 1.5);
  expect(server.asked).toEqual(['l 1 1', 'n tok 2', 'e 1']);
});

it('a stream that stands for a socket will do', async () => {
  const sock = standIn(['ok tok 33\n', 'ok 42\n', 'ok\n', 'timeout\n']);
  expect(await client.acquire(sock, 'k', 10)).toEqual({ token: 'tok', lease: 33 });
  expect(await client.renew(sock, 'k', 'tok')).toBe(42);
  await client.release(sock, 'k', 'tok');
  expect(await errorOf(client.acquire(sock, 'k', 1))).toBeInstanceOf(client.AcquireTimeoutError);
  expect(sock.destroyed).toBe(false);
});
