import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { dflockdServer } from '../../../src/server/dflockd/dflockd-server.js';
import { LockValidationError } from '../../../src/contract/errors.js';
import { DflockdClient } from '../../support/dflockd-client.js';
import { describeWithDflockds, startDflockd, type TestDflockd } from '../../support/dflockd-server.js';
import { TEST_TLS } from '../../support/dflockd-tls.js';
import { until } from '../../support/poll.js';

const MB = 1024 * 1024;

/** Sends the same again and again, as far as the server takes it. @returns How much it took, in bytes. */
async function flood(client: DflockdClient, text: string, bytes: number): Promise<number> {
  const chunk = Buffer.from(text.repeat(Math.ceil(65_536 / text.length)), 'latin1');
  const before = client.socket.bytesWritten;
  while (client.socket.bytesWritten - before < bytes && client.ended === undefined) {
    if (client.socket.write(chunk)) continue;
    // Until it is taken, or will not be.
    const taken = await Promise.race([once(client.socket, 'drain').then(() => true), delay(500).then(() => false)]);
    if (!taken) break;
  }
  return client.socket.bytesWritten - before - client.socket.writableLength;
}

async function delay(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Works for all others. */
async function expectToServe(server: TestDflockd): Promise<void> {
  const client = await server.connect();
  const token = await client.take(`free-${String(performance.now())}`, '0');
  expect(token).toHaveLength(32);
  client.close();
}

describeWithDflockds('a server', (start, kind) => {
  it('speaks TLS 1.2 and newer, and nothing else on that port', async () => {
    const server = await start({ tls: TEST_TLS, auth: 'secret' });
    const client = await server.connect();
    expect(await client.ask('auth', '_', 'secret')).toBe('ok');
    expect(await client.ask('l', 'k', '0')).toMatch(/^ok [0-9a-f]{32} 33/);
    const { host, port } = server;
    const old = connectTls({
      host,
      port,
      ca: TEST_TLS.cert,
      servername: 'localhost',
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
    });
    await expect(once(old, 'secureConnect')).rejects.toThrow();
    const plain = await DflockdClient.connect({ host, port });
    plain.send('auth', '_', 'secret');
    await plain.closed();
    // The alert of TLS, if anything.
    expect(plain.lines).not.toContain('ok');
    const waiter = await server.connect();
    await waiter.ask('auth', '_', 'secret');
    waiter.send('l', 'k', '100');
    await until(async () => (await client.stats()).locks[0]!.waiters === 1, 'the waiter');
    waiter.close();
    if (kind === 'own') await until(async () => (await client.stats()).locks[0]!.waiters === 0, 'its end');
    expect(await client.ask('l', 'k', '0')).toBe('timeout');
  });

  it('refuses more connections than there may be', async () => {
    const server = await start({ maxConnections: 2 });
    // One may still be counted that asked whether the server is there.
    const client = await server.connect();
    await until(async () => (await client.stats()).connections === 1, 'only one connection');
    const second = await server.connect();
    expect(await second.ask('x', 'y')).toBe('error');
    const third = await server.connect();
    await third.closed();
    second.close();
    await until(async () => (await client.stats()).connections === 1, 'the end of the second');
    expect(await (await server.connect()).ask('x', 'y')).toBe('error');
  });

  it('can be paused, killed and started again, in a process of its own', async () => {
    const server = await start({ apart: true });
    const client = await server.connect();
    await client.take('k', '0');
    server.pause();
    client.send('l', 'k', '0');
    await delay(100);
    expect(client.lines).toEqual([]);
    server.resume();
    expect(await client.line()).toBe('timeout');
    await server.restart();
    await client.closed();
    expect(await (await server.connect()).take('k', '0')).toHaveLength(32);
  });

  it('frees what a reset connection had', async () => {
    const server = await start();
    const [a, b] = [await server.connect(), await server.connect()];
    await a.take('k');
    b.send('l', 'k', '10');
    await delay(50);
    a.reset();
    expect(await b.line(2000)).toMatch(/^ok /);
  });

  it('has TCP ask whether a silent client is still there', async () => {
    const server = await start();
    const client = await server.connect();
    await client.take('k');
    const timer = timerOf(server.port, client.socket.localPort!);
    if (timer === undefined) {
      console.warn('not asserted: this system does not tell what timers a connection has');
      expect(client.ended).toBeUndefined();
    } else expect(timer).toBe(KEEP_ALIVE);
  });

  it('closes 1,000 connections with half a request, and serves others meanwhile', async () => {
    const server = await start({ readTimeout: 2 });
    const clients = await Promise.all(Array.from({ length: 1000 }, () => server.connect()));
    for (const client of clients) client.raw('l\nhalf a li');
    await expectToServe(server);
    await Promise.all(clients.map((client) => client.closed(15_000)));
    expect(clients.filter(({ lines }) => lines[0] === 'error').length).toBe(1000);
    await expectToServe(server);
  });
});

/** As `/proc/net/tcp` calls it. */
const KEEP_ALIVE = 2;

/** Which timer the server's side of a connection has; undefined where the system does not tell. */
function timerOf(serverPort: number, clientPort: number): number | undefined {
  const hex = (port: number): string => `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  try {
    for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n')) {
      const [, local = '', remote = '', , , timer = ''] = line.trim().split(/ +/);
      if (local.endsWith(hex(serverPort)) && remote.endsWith(hex(clientPort))) return Number.parseInt(timer, 16);
    }
  } catch {
    // Another system.
  }
  return undefined;
}

/** Of a process, in bytes; undefined where the system does not tell. */
function memoryOf(pid: number | undefined): number | undefined {
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1]) * 1024;
  } catch {
    return undefined;
  }
}

describe('the memory of a server', () => {
  /** Runs a test against a server in a process of its own; its memory may not grow by more than 80 MB. */
  async function bounded(test: (server: TestDflockd) => Promise<void>): Promise<void> {
    const server = await startDflockd({ apart: true, readTimeout: 60, writeTimeout: 60 });
    try {
      await expectToServe(server);
      const before = memoryOf(server.pid);
      await test(server);
      const after = memoryOf(server.pid);
      if (before === undefined || after === undefined)
        console.warn('not asserted: this system does not tell what memory a process has');
      else expect((after - before) / MB).toBeLessThan(80);
      await expectToServe(server);
    } finally {
      await server.stop();
    }
  }

  it('does not grow with a line of 10 MB, or of 300', async () => {
    await bounded(async (server) => {
      const small = await server.connect();
      await flood(small, 'x', 10 * MB);
      small.raw('\n');
      expect(await small.line()).toBe('error');
      await small.closed();
      const large = await server.connect();
      expect(await flood(large, 'x', 300 * MB)).toBeGreaterThan(299 * MB);
    });
  });

  it('does not grow with a flood whose answers nobody takes', async () => {
    await bounded(async (server) => {
      const holder = await server.connect();
      for (let index = 0; index < 500; index++) await holder.take(`${'k'.repeat(200)}${String(index)}`, '0');
      const clients = await Promise.all(Array.from({ length: 20 }, () => server.connect()));
      for (const client of clients) client.socket.pause();
      const taken = await Promise.all(clients.map((client) => flood(client, 'stats\n_\n\n', 100 * MB)));
      for (const bytes of taken) expect(bytes).toBeLessThan(30 * MB);
    });
  });

  it('does not grow with a flood behind a request that waits', async () => {
    await bounded(async (server) => {
      await (await server.connect()).take('k', '0 100');
      const clients = await Promise.all(Array.from({ length: 20 }, () => server.connect()));
      for (const client of clients) client.send('l', 'k', '100');
      const taken = await Promise.all(clients.map((client) => flood(client, 'l\nj\n0\n', 100 * MB)));
      for (const bytes of taken) expect(bytes).toBeLessThan(30 * MB);
    });
  });

  it('does not grow with signals to who does not listen to them', async () => {
    await bounded(async (server) => {
      const deaf = await server.connect();
      await deaf.ask('listen', 'c');
      deaf.socket.pause();
      const speaker = await server.connect();
      const read = once(speaker.socket, 'close');
      await flood(speaker, `signal\nc\n${'x'.repeat(250)}\n`, 20 * MB);
      speaker.close();
      await read;
    });
  });
});

describe('dflockdServer', () => {
  it.each([
    [{ port: -1 }, 'port'],
    [{ port: 1.5 }, 'port'],
    [{ auth: '' }, 'auth'],
    [{ auth: 'a\nb' }, 'auth'],
    [{ auth: ' a' }, 'auth'],
    [{ auth: 'ë'.repeat(129) }, 'auth'],
    [{ host: 5 }, 'host'],
    [{ tls: { cert: TEST_TLS.cert } }, 'tls'],
    [{ tls: { key: TEST_TLS.key, cert: '' } }, 'tls'],
    [{ tls: true }, 'tls'],
    [{ autoRelease: 'false' }, 'autoRelease'],
    [{ defaultLease: 1500 }, 'defaultLease'],
    [{ defaultLease: '500ms' }, 'defaultLease'],
    [{ readTimeout: 0 }, 'readTimeout'],
    [{ writeTimeout: 'soon' }, 'writeTimeout'],
    [{ maxLocks: -1 }, 'maxLocks'],
    [{ maxWaiters: 0.5 }, 'maxWaiters'],
    [{ maxlocks: 5 }, 'maxlocks'],
  ])('refuses %j', async (options, option) => {
    const refusal = dflockdServer(options as object).then(
      () => undefined,
      (error: unknown) => error,
    );
    const error = await refusal;
    expect(error).toBeInstanceOf(LockValidationError);
    expect(error).toMatchObject({ option });
  });

  it('says if its port is taken', async () => {
    await using first = await dflockdServer({ port: 0 });
    await expect(dflockdServer({ port: first.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('closes every connection when it is closed, those in a TLS handshake too', async () => {
    const server = await dflockdServer({ port: 0, tls: TEST_TLS });
    const silent = connect(server.port, server.host);
    await once(silent, 'connect');
    const client = await DflockdClient.connect({ host: server.host, port: server.port, ca: TEST_TLS.cert });
    await client.take('k', '0');
    await until(() => server.connections === 1, 'the connection');
    const end = once(silent, 'close');
    await server.close();
    await server.close();
    await client.closed();
    await end;
    expect(server.connections).toBe(0);
  });
});
