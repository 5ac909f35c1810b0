import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { until } from '../../support/poll.js';
import { Time } from '../../support/virtual.js';
import { Client } from '../../table/support/support.js';
import { send, servers } from './support/served.js';

const start = servers();
const PAGE = 'https://app.example.com';

describe('a list of who may acquire', () => {
  it('that keeps a free name for one user can be replaced by whoever gives him a new token', async () => {
    const server = await start();
    const { alice, bob } = server.tokens;
    const acquire = (token: string, body: object = {}) => send(server, 'POST', '/locks/a/acquire', { token, body });
    const { lease_id } = (await acquire(bob, { acl: { acquire: ['user:bob'] } })).json;
    await send(server, 'POST', '/locks/a/release', { token: bob, body: { lease_id } });
    expect((await acquire(alice)).status).toBe(403);
    server.replaceTokens({ alice, bob: 'another' });
    const lease = (await acquire('another')).json['lease_id'];
    const body = { acl: { acquire: ['user:alice'] } };
    expect((await send(server, 'PUT', '/locks/a/acl', { token: 'another', body })).status).toBe(200);
    await send(server, 'POST', '/locks/a/release', { token: 'another', body: { lease_id: lease } });
    expect((await acquire(alice)).json['status']).toBe('acquired');
  });
});

describe('a token', () => {
  it('that was rotated is dead at once, on an open connection too, and keeps what is held', async () => {
    const server = await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const over = (token: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const headers = { authorization: `Bearer ${token}` };
        const asked = request(`${server.url}/locks/a`, { agent, headers }, (response) => {
          response.resume().on('end', () => {
            resolve(response.statusCode);
          });
        });
        asked.on('error', reject).end();
      });
    const { lease_id } = (await send(server, 'POST', '/locks/a/acquire', { body: {} })).json;
    expect(await over(server.tokens.alice)).toBe(200);
    const { json, headers } = await send(server, 'POST', '/auth/token/rotate');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(await over(server.tokens.alice)).toBe(401);
    const token = String(json['token']);
    expect(await over(token)).toBe(200);
    expect((await send(server, 'POST', '/locks/a/renew', { token, body: { lease_id } })).status).toBe(200);
    agent.destroy();
  });

  it('that was taken out of the list is refused, on an open connection too', async () => {
    const server = await start();
    expect((await send(server, 'GET', '/locks/a')).status).toBe(200);
    server.replaceTokens({ bob: server.tokens.bob });
    expect((await send(server, 'GET', '/locks/a')).status).toBe(401);
  });

  it('is guessed slowly', async () => {
    const time = new Time();
    const server = await start({ time: { scheduler: time } });
    const looked = vi.spyOn(server.kit.principals, 'identify');
    const guesses = Array.from({ length: 30 }, async (_, index) => {
      const { status } = await send(server, 'GET', '/locks/a', { token: `guess ${String(index)}` });
      return status;
    });
    await until(() => server.kit.meters.front('http').operations === 30, 'all of them');
    // Eleven at once, and ten a second.
    expect(looked).toHaveBeenCalledTimes(11);
    time.advance(1000);
    expect(looked).toHaveBeenCalledTimes(11 + 10);
    time.advance(1000);
    expect(new Set(await Promise.all(guesses))).toEqual(new Set([401]));
  });

  it('is not guessed at by more requests of one connection than a few: the others are told to come later', async () => {
    const time = new Time();
    const server = await start({ time: { scheduler: time } });
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    const request = 'GET /locks/a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer guess\r\n\r\n';
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    const answers = (status: number): number => text.split(`HTTP/1.1 ${String(status)} `).length - 1;
    socket.write(request.repeat(40));
    await until(() => server.kit.meters.front('http').operations === 40, 'all of them');
    time.advance(10_000);
    await until(() => answers(401) + answers(429) === 40, 'the answers');
    expect(answers(429)).toBeGreaterThan(10);
    socket.destroy();
  });

  it('makes two who are nobody else two, where none is needed', async () => {
    const server = await start({ isOpen: true });
    const acquire = (token: string | null) => send(server, 'POST', '/locks/a/acquire', { token, body: {} });
    expect((await acquire('one')).json['status']).toBe('acquired');
    expect((await acquire('other')).json['status']).toBe('held');
    expect((await acquire(null)).json['status']).toBe('held');
    expect((await acquire('one')).json['status']).toBe('acquired');
    expect((await send(server, 'POST', '/auth/token/rotate')).status).toBe(403);
  });
});

describe('a page of a browser', () => {
  it('may ask from an origin that is allowed, and learns what it needs', async () => {
    const server = await start({ origins: [PAGE] });
    const { status, headers } = await send(server, 'GET', '/locks/a', { headers: { origin: PAGE } });
    expect([status, headers.get('access-control-allow-origin')]).toEqual([200, PAGE]);
    expect(headers.get('access-control-expose-headers')).toContain('retry-after');
    const preflight = await send(server, 'OPTIONS', '/locks/a/acquire', {
      token: null,
      headers: {
        origin: PAGE,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });
    expect(preflight.status).toBe(200);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
    expect(preflight.headers.get('access-control-allow-methods')).toContain('POST');
  });

  it('reads a stream', async () => {
    const server = await start({ origins: [PAGE] });
    const response = await fetch(`${server.url}/elections/election-1/watch`, { headers: { origin: PAGE } });
    expect(response.headers.get('access-control-allow-origin')).toBe(PAGE);
    await response.body?.cancel();
  });

  it.each([[[]], [[PAGE]]])('is refused from another, if these are allowed: %j', async (origins) => {
    const server = await start({ origins });
    const headers = { origin: 'https://other.example.com' };
    const { status, json } = await send(server, 'POST', '/elections', { token: null, headers });
    expect([status, json['code']]).toEqual([403, 'forbidden']);
    const preflight = await send(server, 'OPTIONS', '/locks/a', {
      token: null,
      headers: { ...headers, 'access-control-request-method': 'GET' },
    });
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('of the very address may ask where a token is needed, and not where everybody may', async () => {
    for (const [isOpen, status] of [
      [false, 200],
      [true, 403],
    ] as const) {
      const server = await start({ isOpen });
      expect((await send(server, 'GET', '/locks/a', { headers: { origin: server.url } })).status).toBe(status);
    }
  });

  it.each([
    ['127.0.0.1:7956', 200],
    ['[::1]:7956', 200],
    ['localhost:7956', 200],
    ['locks.localhost', 200],
    ['host.docker.internal:7956', 200],
    ['locks.home.arpa', 200],
    ['locks:7956', 200],
    ['app.example.com', 200],
    ['evil.example:7956', 403],
    ['evil.example.', 403],
    ['evilhome.arpa', 403],
    ['127.0.0.1.evil.example', 403],
    ['app.example.com.evil.example', 403],
  ])('whose name is pointed at this machine reads nothing where everybody may ask: %s', async (host, status) => {
    const [open, other] = [await start({ isOpen: true, origins: ['https://app.example.com'] }), await start()];
    const headers = { host };
    const answer = await send(open, 'GET', '/locks', { token: null, headers });
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.json['details']).toBe('Forbidden: this host is not allowed');
    expect((await send(other, 'GET', '/locks', { headers })).status).toBe(200);
    const any = await start({ isOpen: true, origins: ['*'] });
    expect((await send(any, 'GET', '/locks', { token: null, headers })).status).toBe(200);
  });

  it('may come from anywhere, if you say so', async () => {
    const server = await start({ origins: ['*'] });
    const { status, headers } = await send(server, 'GET', '/health', { headers: { origin: 'https://any.example' } });
    expect([status, headers.get('access-control-allow-origin')]).toEqual([200, '*']);
  });
});

describe('a limit', () => {
  it('of operations says when it is worth another try', async () => {
    const time = new Time();
    const server = await start({ time: { scheduler: time }, limits: { operationsPerSecond: 2 } });
    const ask = () => send(server, 'GET', '/locks/a');
    expect([(await ask()).status, (await ask()).status]).toEqual([200, 200]);
    const refused = await ask();
    expect(refused).toMatchObject({ status: 429, json: { code: 'rate_limited', retry_after_ms: 500 } });
    expect(refused.headers.get('retry-after')).toBe('1');
    expect((await send(server, 'GET', '/locks/a', { token: server.tokens.bob })).status).toBe(200);
    time.advance(499);
    expect((await ask()).status).toBe(429);
    time.advance(1);
    expect((await ask()).status).toBe(200);
  });

  it('of a body is told to who sends more', async () => {
    const server = await start({ limits: { frame: 1024 } });
    const { status, json } = await send(server, 'POST', '/locks/a/acquire', { body: { metadata: 'x'.repeat(1024) } });
    expect([status, json['code']]).toEqual([413, 'invalid_input']);
    expect((await send(server, 'POST', '/locks/a/acquire', { body: {} })).status).toBe(200);
  });

  it.each([
    [{ maxLocks: 2 }, 'lock_limit_exceeded', 403],
    [{ maxTtl: 30_000 }, 'invalid_ttl', 400],
  ])('%j is kept', async (options, code, status) => {
    const server = await start(options);
    const acquire = (name: string, token = server.tokens.alice) =>
      send(server, 'POST', `/locks/${name}/acquire`, {
        token,
        body: { ttl_seconds: code === 'invalid_ttl' ? 31 : 60 },
      });
    await acquire('a');
    await acquire('b');
    expect(await acquire('c')).toMatchObject({ status, json: { code } });
    if (code === 'invalid_ttl') return;
    expect((await acquire('a')).status).toBe(200);
    expect((await acquire('c', server.tokens.bob)).status).toBe(200);
  });

  it('of sessions, elections and lists is kept', async () => {
    const server = await start({ maxSessions: 1, maxElections: 1, maxAcls: 1, limits: { electionsPerMinute: 4 } });
    const session = () => send(server, 'POST', '/sessions', { body: {} });
    expect([(await session()).status, (await session()).status]).toEqual([201, 409]);
    const list = (name: string) =>
      send(server, 'POST', `/locks/${name}/acquire`, { body: { acl: { acquire: ['user:alice'] } } });
    expect([(await list('a')).status, (await list('b')).status]).toEqual([200, 409]);
    const campaign = (id: string) =>
      send(server, 'POST', `/elections/${id}/campaign`, { token: null, body: { candidate_id: 'a' } });
    const answers = [await campaign('election-1'), await campaign('election-2'), await campaign('election-1')];
    expect(answers.map(({ status }) => status)).toEqual([200, 409, 200]);
    await campaign('election-1');
    const refused = await campaign('election-1');
    expect(refused.status).toBe(429);
    // Honest to the millisecond: then the minute is over.
    expect(refused.json['retry_after_ms']).toBeGreaterThan(50_000);
    expect(Number(refused.headers.get('retry-after')) * 1000).toBeGreaterThanOrEqual(
      refused.json['retry_after_ms'] as number,
    );
  });

  it('of a list is made part by part, as it is taken: others have their turn between, and who takes nothing is cut off', async () => {
    const time = new Time();
    const server = await start({ time: { scheduler: time }, limits: { operationsPerSecond: 0 } });
    const { core, meters } = server.kit;
    const client = new Client('other');
    const metadata = 'm'.repeat(1000);
    const take = (name: string) => {
      const place = client.place(name, 3_600_000, { metadata });
      core.table.acquire(place, false);
      return place;
    };
    const all = Array.from({ length: 300 }, (_, index) => take(`a/${String(index)}`));
    for (let index = 0; index < 25_000; index++) take(`b/${String(index)}`);
    const ask = (path: string): Socket => {
      const socket = connect(server.port, '127.0.0.1').setEncoding('latin1');
      socket.on('error', () => {});
      socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${server.tokens.alice}\r\n\r\n`);
      return socket;
    };
    let text = '';
    const reader = ask('/locks?prefix=a').on('data', (some: string) => (text += some));
    await until(() => text.includes('"locks":['), 'the first part');
    // Its next turn has not come yet, and another one has his.
    expect((await send(server, 'GET', '/locks/a%2F1')).json).toMatchObject({ status: 'held' });
    core.table.release(all.at(-1)!);
    expect(text.includes('"total"')).toBe(false);
    await until(() => {
      time.advance(0);
      return text.includes('"total":299,');
    }, 'the last part');
    expect(text.match(/"name":/g)).toHaveLength(299);

    const before = meters.front('http').operations;
    const idler = ask('/locks').pause();
    await until(() => meters.front('http').operations > before, 'the list');
    const closed = new Promise((resolve) => idler.once('close', resolve));
    // As much as the system takes for it, and then no more than a part; the names that are left are kept as well.
    for (let turn = 0; turn < 1000; turn++) {
      time.advance(0);
      await new Promise(setImmediate);
    }
    expect(core.buffers.bytes).toBeGreaterThan(0);
    expect(core.buffers.bytes).toBeLessThan(25_300 * 8 + 128 * 1024);
    time.advance(60_000);
    idler.resume();
    await closed;
    await until(() => core.buffers.bytes === 0, 'nothing that is kept');
    reader.destroy();
  });

  it('of lists is one of a connection at a time, however many it asks for at once', async () => {
    const time = new Time();
    const server = await start({ time: { scheduler: time }, limits: { operationsPerSecond: 0 } });
    const { core, meters } = server.kit;
    const client = new Client('other');
    const metadata = 'm'.repeat(1000);
    for (let index = 0; index < 25_000; index++)
      core.table.acquire(client.place(`b/${String(index)}`, 3_600_000, { metadata }), false);
    const looked = vi.spyOn(core.table, 'names');
    const socket = connect(server.port, '127.0.0.1').setEncoding('latin1').pause();
    const ask = (query: string): string =>
      `GET /locks${query} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${server.tokens.alice}\r\n\r\n`;
    socket.write(ask('') + ask('?prefix=a').repeat(100));
    await until(() => meters.front('http').operations === 101, 'all of them');
    const turns = async (): Promise<void> => {
      for (let turn = 0; turn < 1000; turn++) {
        time.advance(0);
        await new Promise(setImmediate);
      }
    };
    await turns();
    expect(looked).toHaveBeenCalledTimes(1);
    socket.resume();
    await until(async () => (await turns(), looked.mock.calls.length === 101), 'the others');
    socket.destroy();
  });

  it('of elections may be none', async () => {
    const server = await start({ limits: { electionsPerMinute: 0 } });
    expect(await send(server, 'POST', '/elections', { token: null })).toMatchObject({ status: 403 });
    expect(await send(server, 'GET', '/elections/election-1')).toMatchObject({ status: 403 });
  });
});
