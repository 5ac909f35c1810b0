import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { firstValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { shardOf } from '../../../../src/backends/dflockd/client/shard-of.js';
import { describeWithDflockds } from '../../../support/dflockd-server.js';
import { TEST_TLS } from '../../../support/dflockd-tls.js';
import { until } from '../../../support/poll.js';
import { anyName, Client } from '../support/support.js';

describeWithDflockds('several dflockd servers', (start) => {
  it('share the keys by their sum, and a dead one harms its own only', async () => {
    const servers = await Promise.all([start(), start({ apart: true }), start()]);
    const client = new Client({ servers: servers.map(({ host, port }) => ({ host, port })) });
    const names = Array.from({ length: 12 }, () => anyName());
    const granted = await Promise.all(names.map((name) => client.acquire(name)));
    for (const [index, server] of servers.entries()) {
      const { locks } = await client.backend.stats(index);
      const mine = names.filter((name) => shardOf(name, 3) === index);
      expect(locks.map(({ key }) => key).sort()).toEqual([...mine].sort());
      const raw = await server.connect();
      expect((await raw.stats()).locks).toHaveLength(mine.length);
    }
    expect((await firstValueFrom(client.backend.list!('test/'))).map(({ name }) => name).sort()).toEqual(
      [...names].sort(),
    );
    await servers[1].kill();
    const lost = granted.filter(({ grant }) => shardOf(grant.name, 3) === 1).map(({ grant }) => grant);
    if (lost.length > 0) await until(() => client.revocations.length > 0, 'the loss');
    expect(new Set(client.revocations.flatMap(({ grants }) => grants))).toEqual(new Set(lost));
    const rest = granted.filter(({ grant }) => shardOf(grant.name, 3) !== 1).map(({ grant }) => grant);
    expect((await client.renew(rest)).map(({ outcome }) => outcome)).toEqual(rest.map(() => 'renewed'));
    expect((await client.release(...rest)).every((outcome) => outcome === 'released')).toBe(true);
    await expect(client.backend.stats(3)).rejects.toMatchObject({ code: 'ERR_LOCK_VALIDATION', option: 'server' });
    await expect(firstValueFrom(client.backend.ping!().pipe(toArray()))).rejects.toMatchObject({
      code: 'ERR_LOCK_NETWORK',
    });
    await client.backend.close();
  });
});

describeWithDflockds('a dflockd server that wants to know who asks', (start) => {
  it('lets in who has the token, and nobody else', async () => {
    const auth = 'a-very-secret-token';
    const server = await start({ auth });
    const client = new Client({ port: server.port, auth });
    const name = anyName();
    const { grant } = await client.acquire(name);
    // A connection of its own says it as well.
    const waiting = client.ask(name);
    await until(() => waiting.types.includes('queued'), 'the queue');
    await client.release(grant);
    await client.release((await waiting.granted()).grant);
    expect(inspect(client.backend, { depth: 20, showHidden: true })).not.toContain(auth);
    for (const wrong of ['another-secret', undefined]) {
      const stranger = new Client({ port: server.port, auth: wrong });
      await expect(firstValueFrom(stranger.backend.ping!().pipe(toArray()))).rejects.toMatchObject({
        code: 'ERR_LOCK_AUTHENTICATION',
      });
      const attempt = await stranger.ask(name).over();
      expect(attempt.error).toMatchObject({ code: 'ERR_LOCK_AUTHENTICATION', retryable: false });
      expect(inspect(attempt.error)).not.toContain('secret');
      expect((attempt.error as Error).message).toContain(
        wrong === undefined ? 'wants an auth' : 'does not accept the auth',
      );
      await stranger.backend.close();
    }
    await client.backend.close();
  });

  it('reads the token anew for each connection', async () => {
    const server = await start({ auth: 'second' });
    let token = 'first';
    const client = new Client({ port: server.port, auth: () => token });
    expect((await client.ask(anyName()).over()).error).toMatchObject({ code: 'ERR_LOCK_AUTHENTICATION' });
    token = 'second';
    const name = anyName();
    const { grant } = await client.acquire(name);
    // It cannot be sent: the attempt that needs another connection ends, nothing else.
    token = 'third\n';
    expect((await client.ask(name).over()).error).toMatchObject({ code: 'ERR_LOCK_VALIDATION', option: 'auth' });
    expect(await client.release(grant)).toEqual(['released']);
    await client.backend.close();
  });

  it('or does not: then a token is a mistake', async () => {
    const server = await start();
    const client = new Client({ port: server.port, auth: 'unwanted' });
    expect((await client.ask(anyName()).over()).error).toMatchObject({ code: 'ERR_LOCK_AUTHENTICATION' });
    await client.backend.close();
  });
});

describeWithDflockds('a dflockd server with TLS', (start) => {
  it('is believed if its certificate is right', async () => {
    const server = await start({ tls: TEST_TLS, auth: 'token' });
    const tls = { ca: TEST_TLS.cert, serverName: 'localhost' };
    const client = new Client({ port: server.port, auth: 'token', tls });
    const name = anyName();
    const { grant } = await client.acquire(name);
    const waiting = client.ask(name);
    await until(() => waiting.types.includes('queued'), 'the queue');
    expect(await client.release(grant)).toEqual(['released']);
    await client.release((await waiting.granted()).grant);
    await client.backend.close();
    for (const wrong of [true, { ca: TEST_TLS.cert, serverName: 'elsewhere.example' }] as const) {
      const doubter = new Client({ port: server.port, auth: 'token', tls: wrong });
      const { error } = await doubter.ask(name).over();
      expect(error).toMatchObject({ code: 'ERR_LOCK_NETWORK' });
      expect((error as Error).message).toMatch(
        /could not be reached \((?:DEPTH_ZERO_SELF_SIGNED_CERT|ERR_TLS_CERT_ALTNAME_INVALID)\)/,
      );
      await doubter.backend.close();
    }
  });
});

describeWithDflockds('a dflockd server with limits', (start) => {
  it('says when there are too many locks or waiters', async () => {
    const server = await start({ maxLocks: 2, maxWaiters: 1 });
    const client = new Client({ port: server.port });
    const name = anyName();
    const held = [await client.acquire(name), await client.acquire(anyName())];
    expect((await client.ask(anyName()).over()).error).toMatchObject({ code: 'ERR_LOCK_CAPACITY', retryable: true });
    const waiting = client.ask(name);
    await until(() => waiting.types.includes('queued'), 'the queue');
    expect((await client.ask(name).over()).error).toMatchObject({ code: 'ERR_LOCK_CAPACITY', retryable: true });
    // Who would not wait has no need of a place.
    expect((await client.ask(name, { wait: false }).over()).types).toEqual(['held']);
    await client.release(...held.map(({ grant }) => grant));
    await client.release((await waiting.granted()).grant);
    await client.backend.close();
  });

  it('closes connections that are too many', async () => {
    const server = await start({ maxConnections: 1 });
    const client = new Client({ port: server.port });
    const name = anyName();
    // Whoever looked whether the server is up may still be counted.
    await until(async () => (await client.ask(name).over()).types.includes('granted'), 'room for one');
    expect((await client.ask(name).over()).error).toMatchObject({ code: 'ERR_LOCK_NETWORK', retryable: true });
    await client.backend.close();
  });

  it('has room for three thousand locks on one connection', async () => {
    const server = await start({ maxLocks: 4000 });
    const client = new Client({ port: server.port });
    const granted = await Promise.all(Array.from({ length: 3000 }, () => client.acquire(anyName())));
    const { locks, connections } = await client.backend.stats();
    expect(locks).toHaveLength(3000);
    expect(connections).toBe(2);
    const grants = granted.map(({ grant }) => grant);
    expect((await client.renew(grants)).every(({ outcome }) => outcome === 'renewed')).toBe(true);
    expect((await client.release(...grants)).every((outcome) => outcome === 'released')).toBe(true);
    await client.backend.close();
  });
});

describe('a dflockd server that is not there', () => {
  it('is reported, and so is one that takes too long to connect', async () => {
    const accepted = new Set<Socket>();
    const server = createServer((socket) => accepted.add(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    // It never answers the handshake.
    const silent = new Client({ port, tls: true, connectTimeout: '100ms' });
    const { error } = await silent.ask(anyName()).over();
    expect(error).toMatchObject({ code: 'ERR_LOCK_NETWORK', message: expect.stringContaining('within 100 ms') });
    await silent.backend.close();
    server.close();
    for (const socket of accepted) socket.destroy();
    await once(server, 'close');
    const client = new Client({ port });
    expect((await client.ask(anyName()).over()).error).toMatchObject({
      code: 'ERR_LOCK_NETWORK',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    await client.backend.close();
  });

  it('is not waited for when nobody wants anything any more, and is while somebody does', async () => {
    const silent = createServer();
    const connected: Socket[] = [];
    silent.on('connection', (socket) => connected.push(socket));
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    // It never finishes to connect.
    const client = new Client({ port: (silent.address() as AddressInfo).port, tls: true, connectTimeout: '1m' });
    const attempts = ['a', 'b'].map((name) => client.ask(name));
    const status = client.backend.status('c').subscribe();
    await until(() => connected.length === 2, 'the connections');
    const closed = connected.map((socket) => once(socket.resume(), 'close'));
    attempts[0]!.leave();
    status.unsubscribe();
    await Promise.race(closed);
    expect(connected.map(({ destroyed }) => destroyed)).toEqual([false, true]);
    attempts[1]!.leave();
    await Promise.all(closed);
    silent.close();
    await client.backend.close();
  });

  it('is asked nothing before anybody wants something', async () => {
    const client = new Client({ port: 1 });
    await client.backend.close();
    expect((await client.ask(anyName()).over()).error).toMatchObject({ code: 'ERR_LOCK_CLOSED' });
  });
});
