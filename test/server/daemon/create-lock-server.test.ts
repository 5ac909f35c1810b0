import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { inspect } from 'node:util';
import { filter, firstValueFrom } from 'rxjs';
import { createLocks } from 'rxlock';
import { dflockd } from 'rxlock/dflockd';
import { octostore } from 'rxlock/octostore';
import { createLockServer, type LockServer, type LockServerOptions, type ServerLogEntry } from 'rxlock/server';
import { socket } from 'rxlock/socket';
import { afterEach, describe, expect, it, vi } from 'vitest';
import prometheus from 'prom-client';
import { LockCapacityError, LockConfigError, LockValidationError } from '../../../src/contract/errors.js';
import { TokenPrincipals } from '../../../src/server/token-principals.js';
import { CountingScheduler } from '../../support/counting-scheduler.js';
import { DflockdClient } from '../../support/dflockd-client.js';
import { OTHER_TLS, TEST_TLS } from '../../support/dflockd-tls.js';
import { until } from '../../support/poll.js';
import { quickFolder } from '../../support/quick-folder.js';

const servers: LockServer[] = [];
const folders: string[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function start(options: LockServerOptions): Promise<LockServer> {
  const server = await createLockServer({ ephemeral: { wait: false, fencing: true }, ...options });
  servers.push(server);
  return server;
}

/** Where it is; fails if it is not. */
function at(server: LockServer, name: 'ws' | 'http' | 'dflockd' | 'metrics') {
  const found = server.addresses[name];
  if (found === undefined) throw new Error(`nothing listens for ${name}`);
  return found;
}

function folder(): string {
  const made = quickFolder('server');
  folders.push(made);
  return made;
}

async function get(url: string, headers: Record<string, string> = {}) {
  // Not `fetch`, which keeps its connections, and sends no header that it does not like.
  const [response, text] = await new Promise<[number, string]>((resolve, reject) => {
    request(url, { headers, agent: false }, (answer) => {
      let all = '';
      answer
        .setEncoding('utf8')
        .on('data', (part: string) => (all += part))
        .on('end', () => {
          resolve([answer.statusCode ?? 0, all]);
        });
    })
      .on('error', reject)
      .end();
  });
  return { status: response, text };
}

describe('a server that is shown', () => {
  it('shows where it listens, and nothing else', async () => {
    const server = await start({ ws: 0, http: 0, dflockd: 0, tls: TEST_TLS, tokens: { alice: 'the-secret-of-alice' } });
    expect(JSON.parse(JSON.stringify(server))).toEqual({ addresses: server.addresses });
    const { addresses } = server;
    expect(inspect(server, { depth: Infinity, showHidden: true })).toBe(
      `RunningServer ${inspect({ addresses }, { depth: Infinity, showHidden: true })}`,
    );
    expect(inspect(server.stats())).not.toMatch(/the-secret/);
    expect(await server.metrics()).not.toMatch(/the-secret/);
  });
});

describe('createLockServer', () => {
  it('has one lock table for all of its fronts', async () => {
    const server = await start({ ws: 0, http: 0, dflockd: 0 });
    expect(at(server, 'ws').port).toBe(at(server, 'http').port);
    const overWs = createLocks(socket({ url: at(server, 'ws').url }));
    const overHttp = createLocks(octostore({ baseUrl: at(server, 'http').url, token: 'any' }));
    const overTcp = createLocks(dflockd({ port: at(server, 'dflockd').port }));
    const lease = await overHttp.acquire('report', '30s');
    expect(await overTcp.tryAcquire('report', '30s')).toBeNull();
    expect(server.stats()).toMatchObject({ held: 1, waiting: 0 });
    expect(await overWs.tryAcquire('report', '30s')).toBeNull();
    const next = overWs.acquire('report', '30s');
    await until(() => server.stats().waiting === 1);
    await lease.release();
    const handed = await next;
    expect(handed.fencingToken).toBeGreaterThan(lease.fencingToken);
    await handed.release();
    const other = await overTcp.acquire('report', '30s');
    expect(await overHttp.tryAcquire('report', '30s')).toBeNull();
    await other.release();
    await Promise.all([overHttp.close(), overTcp.close(), overWs.close()]);
  });

  it('finds what was locked when it starts again', async () => {
    const data = join(folder(), 'data');
    const before = await start({ http: 0, ephemeral: undefined, data });
    const locks = createLocks(octostore({ baseUrl: at(before, 'http').url, token: 'any' }));
    const lease = await locks.acquire('report', '60s');
    await before.close();
    const after = await start({ dflockd: 0, ephemeral: undefined, data });
    const client = await DflockdClient.connect(at(after, 'dflockd'));
    expect(await client.ask('l', 'report', '0')).toBe('timeout');
    expect(after.stats().held).toBe(1);
    client.close();
    expect(lease.fencingToken).toBeGreaterThan(0n);
    await locks.close();
  });

  it('refuses a directory that another one uses, and what is not there', async () => {
    const data = join(folder(), 'data');
    await start({ dflockd: 0, ephemeral: undefined, data });
    await expect(start({ dflockd: 0, ephemeral: undefined, data })).rejects.toThrow(LockConfigError);
    const file = join(folder(), 'file');
    writeFileSync(file, '');
    await expect(start({ dflockd: 0, ephemeral: undefined, data: file })).rejects.toThrow(LockConfigError);
  });

  it('grants nothing for the longest ttl if it keeps nothing', async () => {
    const server = await start({ dflockd: 0, ephemeral: true, maxTtl: '1s' });
    const client = await DflockdClient.connect(at(server, 'dflockd'));
    expect(await client.ask('l', 'report', '0 1')).toBe('timeout');
    expect(await client.ask('l', 'report', '10 1')).toMatch(/^ok [0-9a-f]{32} 1$/);
    client.close();
  });

  it('grants nobody more than the longest ttl', async () => {
    const server = await start({ dflockd: 0, maxTtl: '10s' });
    const client = await DflockdClient.connect(at(server, 'dflockd'));
    expect(await client.ask('l', 'report', '0 11')).toBe('error');
    expect(await client.ask('l', 'report', '0')).toMatch(/ 10$/);
    client.close();
  });

  it('says which port is taken, what to do about it, and leaves none open', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const data = join(folder(), 'data');
    const failing = start({ http: 0, dflockd: port, ephemeral: undefined, data });
    await expect(failing).rejects.toThrow(`dflockd: cannot listen at 127.0.0.1:${String(port)}: something else`);
    taken.close();
    // The directory is not in use any more.
    await start({ dflockd: 0, ephemeral: undefined, data });
  });

  it.each<[LockServerOptions, RegExp]>([
    [{ tokenFile: '/there/is/none' }, /^tokenFile cannot be read: ENOENT/],
    [{ tokens: {} }, /^tokens has no token/],
    [{ tokens: { 'a:b': 'c' } }, /^tokens /],
    [{ tokens: { a: 'b\nc:d' } }, /^tokens /],
    [{ tls: { cert: 'x', key: 'y' } }, /^tls: the certificate or the key is no PEM/],
    [{ tls: { cert: TEST_TLS.cert, key: OTHER_TLS.key } }, /^tls: the key is not that of the certificate/],
    [{ tls: { certFile: '/there/is/none', keyFile: '/x' } }, /^tls: ENOENT/],
    [{ tls: {} as never }, /^tls has a cert and a key/],
    [{ tls: null as never }, /^tls must be an object/],
    [{ tls: { ...TEST_TLS, ca: 'xx' } as never }, /^there is no option 'tls\.ca'/],
    [{ origins: ['nonsense'] }, /^origins/],
    [{ dialect: 'klingon' as 'documents' }, /^dialect/],
  ])('refuses %j, and says why', async (options, told) => {
    await expect(start({ http: 0, ...options })).rejects.toThrow(told);
  });

  it('is disposed of', async () => {
    const server = await createLockServer({ dflockd: 0, ephemeral: true });
    await server[Symbol.asyncDispose]();
    await expect(DflockdClient.connect(at(server, 'dflockd'))).rejects.toThrow('ECONNREFUSED');
  });
});

describe('the tokens of a server', () => {
  it('are asked for by each front, and read again', async () => {
    const file = join(folder(), 'tokens');
    writeFileSync(file, 'alice:one\nbob:two\n');
    const entries: ServerLogEntry[] = [];
    const server = await start({ dflockd: 0, http: 0, tokenFile: file, log: (entry) => entries.push(entry) });
    const url = `${at(server, 'http').url}/locks/report`;
    const [alice, bob] = await Promise.all([0, 1].map(() => DflockdClient.connect(at(server, 'dflockd'))));
    expect(await alice!.ask('auth', '_', 'one')).toBe('ok');
    expect(await bob!.ask('auth', '_', 'two')).toBe('ok');
    expect((await get(url)).status).toBe(401);
    expect((await get(url, { authorization: 'Bearer two' })).status).toBe(200);

    writeFileSync(file, 'alice:one\nbroken-secret\n');
    await expect(server.reload()).rejects.toThrow(LockValidationError);
    await expect(server.reload()).rejects.toThrow('line 2');
    expect((await get(url, { authorization: 'Bearer two' })).status).toBe(200);

    writeFileSync(file, 'alice:three\n');
    await server.reload();
    // Bob is cut off; Alice needs her new token from her next connection on.
    await bob!.closed();
    expect(await alice!.ask('ping', '_')).toBe('ok');
    expect((await get(url, { authorization: 'Bearer two' })).status).toBe(401);
    expect((await get(url, { authorization: 'Bearer one' })).status).toBe(401);
    expect((await get(url, { authorization: 'Bearer three' })).status).toBe(200);
    expect(JSON.stringify(entries)).not.toMatch(/one|two|three|secret/);
    alice!.close();
  });
});

describe('the certificate of a server', () => {
  const shown = async (port: number): Promise<string> => {
    const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const { fingerprint256 } = socket.getPeerCertificate();
    socket.destroy();
    return fingerprint256;
  };

  it('is shown at each port, and read again', async () => {
    const [certFile, keyFile] = ['cert', 'key'].map((name) => join(folder(), name)) as [string, string];
    const write = (tls: typeof TEST_TLS): void => {
      writeFileSync(certFile, tls.cert);
      writeFileSync(keyFile, tls.key);
    };
    write(TEST_TLS);
    const server = await start({ dflockd: 0, http: 0, tls: { certFile, keyFile } });
    const ports = [at(server, 'dflockd').port, at(server, 'http').port] as const;
    expect(at(server, 'http').url).toMatch(/^https:/);
    const before = await Promise.all(ports.map(shown));
    expect(before[0]).toBe(before[1]);
    writeFileSync(keyFile, 'broken');
    await expect(server.reload()).rejects.toThrow(LockConfigError);
    expect(await Promise.all(ports.map(shown))).toEqual(before);
    write(OTHER_TLS);
    await server.reload();
    const after = await Promise.all(ports.map(shown));
    expect(after[0]).toBe(after[1]);
    expect(after[0]).not.toBe(before[0]);
  });
});

describe('the end of a server', () => {
  it('tells its clients, and accepts nobody', async () => {
    const server = await start({ dflockd: 0, http: 0 });
    const [holder, waiter] = await Promise.all([0, 1].map(() => DflockdClient.connect(at(server, 'dflockd'))));
    await holder!.take('report', '0');
    waiter!.send('l', 'report', '60');
    await until(() => server.stats().waiting === 1);
    await server.close();
    await Promise.all([holder!.closed(), waiter!.closed()]);
    expect(waiter!.lines).toEqual(['error']);
    await expect(DflockdClient.connect(at(server, 'dflockd'))).rejects.toThrow('ECONNREFUSED');
    await expect(get(at(server, 'http').url)).rejects.toThrow('ECONNREFUSED');
  });

  it('lets holders finish while it drains, and grants nothing', async () => {
    const server = await start({ dflockd: 0, metrics: 0 });
    const [holder, other] = await Promise.all([0, 1].map(() => DflockdClient.connect(at(server, 'dflockd'))));
    const token = await holder!.take('report', '0');
    let isClosed = false;
    const closing = server.close({ drain: '60s' }).then(() => (isClosed = true));
    expect(await other!.ask('l', 'another', '0')).toBe('error');
    expect(await holder!.ask('n', 'report', token)).toMatch(/^ok/);
    expect(isClosed).toBe(false);
    expect(await holder!.ask('r', 'report', token)).toBe('ok');
    await closing;
    await holder!.closed();
  });

  it('hands nothing over at its end that one front gives back and another waits for', async () => {
    const data = join(folder(), 'data');
    const server = await start({ ws: 0, dflockd: 0, ephemeral: undefined, data });
    const holder = await DflockdClient.connect(at(server, 'dflockd'));
    await holder.take('report', '0');
    const locks = createLocks(socket({ url: at(server, 'ws').url }));
    // It has something that outlives the end, and so has its session.
    await locks.acquire('other', '60s');
    const waiting = locks.acquire('report', '60s').catch(() => undefined);
    await until(() => server.stats().waiting === 1);
    await server.close();
    const after = await start({ http: 0, ephemeral: undefined, data });
    const told = JSON.parse((await get(`${at(after, 'http').url}/locks`)).text) as { locks: { name: string }[] };
    expect(told.locks.map(({ name }) => name)).toEqual(['other']);
    await locks.close();
    await waiting;
  });

  it('does not wait for what is kept, as nobody has it', async () => {
    const server = await start({ ws: 0 });
    const locks = createLocks(socket({ url: at(server, 'ws').url }));
    const lease = await locks.acquire('report', '60s', { minHold: '1h' });
    await lease.release();
    expect(server.stats().held).toBe(1);
    await server.close({ drain: '1h' });
    await locks.close();
  });

  it('does not wait for what was detached, until somebody has adopted it', async () => {
    const server = await start({ ws: 0 });
    const [locks, others] = [0, 1].map(() => createLocks(socket({ url: at(server, 'ws').url })));
    await (await locks!.acquire('report', '1h')).detach();
    await (await others!.adopt(await (await locks!.acquire('other', '1h')).detach())).release();
    expect(server.stats().held).toBe(1);
    await server.close({ drain: '1h' });
    await Promise.all([locks!.close(), others!.close()]);
  });

  it('does not wait for what was kept, or detached, before its start, as nobody has it', async () => {
    const options = { ws: 0, ephemeral: undefined, data: join(folder(), 'data') };
    const first = await start(options);
    const locks = createLocks(socket({ url: at(first, 'ws').url }));
    await (await locks.acquire('report', '60s', { minHold: '1h' })).release();
    await (await locks.acquire('other', '1h')).detach();
    await first.close();
    await locks.close();
    const second = await start(options);
    expect(second.stats().held).toBe(2);
    await second.close({ drain: '1h' });
  });

  it('waits no longer than it was told to', async () => {
    const server = await start({ dflockd: 0 });
    const holder = await DflockdClient.connect(at(server, 'dflockd'));
    await holder.take('report', '0');
    await server.close({ drain: '50ms' });
    await holder.closed();
  });

  it('waits for no connection that says nothing', async () => {
    const server = await start({ http: 0 });
    const { host, port } = at(server, 'http');
    const silent = connect(port, host);
    await once(silent, 'connect');
    const started = connect(port, host);
    started.write('GET /health HTTP/1.1\r\n');
    await once(started, 'connect');
    await server.close();
    silent.destroy();
    started.destroy();
  });
});

describe('what a server leaves behind', () => {
  it('is no timer, though somebody waits, whatever he speaks', async () => {
    const time = new CountingScheduler();
    const data = folder();
    const options = { ws: 0, http: 0, dflockd: 0, data, scheduler: time };
    const server = await createLockServer(options);
    const locks = createLocks(socket({ url: at(server, 'ws').url }));
    const held = await locks.acquire('report', '1h');
    const queued = firstValueFrom(locks.events$.pipe(filter(({ type }) => type === 'waiting')));
    const waiting = locks.lock$('report', '1h').subscribe();
    await queued;
    const client = await DflockdClient.connect(at(server, 'dflockd'));
    client.send('l', 'report', '60 60');
    const watching = request(`${at(server, 'http').url}/locks/report/watch`).on('error', () => undefined);
    watching.end();
    await once(watching, 'response');
    await until(() => server.stats().waiting === 2);
    await server.close();
    expect(time.armed).toBe(0);
    waiting.unsubscribe();
    await locks.close();
    expect(held.isHeld).toBe(false);
    client.close();
    watching.destroy();
    // A start that fails leaves none either: here after the sessions of the first protocol were found again, whose time runs.
    await expect(createLockServer({ ...options, dialect: 'x' as never })).rejects.toThrow(LockValidationError);
    expect(time.armed).toBe(0);
  });

  it('is nobody who listens to its tokens, and no measure of the process for each', async () => {
    const measured = vi.spyOn(prometheus, 'collectDefaultMetrics');
    let listening = 0;
    const listen = vi.spyOn(TokenPrincipals.prototype, 'onChange').mockImplementation(() => {
      listening++;
      return () => {
        listening--;
      };
    });
    for (let index = 0; index < 3; index++) {
      const server = await createLockServer({
        ws: 0,
        http: 0,
        dflockd: 0,
        tokens: { alice: 'secret' },
        ephemeral: { wait: false },
      });
      expect(await server.metrics()).toMatch(/^process_cpu_seconds_total .*^rxlock_held 0$/ms);
      await server.close();
    }
    expect(measured.mock.calls.length).toBeLessThan(2);
    expect(listen).toHaveBeenCalledTimes(9);
    expect(listening).toBe(0);
    vi.restoreAllMocks();
  });
});

describe('what strangers may do', () => {
  it('is no more than the limits say: connections of one address', async () => {
    const entries: ServerLogEntry[] = [];
    const server = await start({
      dflockd: 0,
      limits: { connectionsPerAddress: 2 },
      log: (entry) => entries.push(entry),
    });
    const clients = await Promise.all([0, 1].map(() => DflockdClient.connect(at(server, 'dflockd'))));
    const third = await DflockdClient.connect(at(server, 'dflockd'));
    await third.closed();
    expect(await clients[0]!.ask('ping', '_')).toBe('ok');
    expect(entries).toContainEqual(
      expect.objectContaining({ event: 'connection refused', limit: 'connectionsPerAddress' }),
    );
    for (const client of clients) client.close();
  });

  it('is not what somebody may do who has said a token: his connections stay when strangers come', async () => {
    const server = await start({
      http: 0,
      tokens: { alice: 'alice-token' },
      limits: { connections: 4, connectionsPerAddress: 4 },
    });
    const { host, port } = at(server, 'http');
    const opened = async (token: string): Promise<Socket> => {
      const socket = connect(port, host);
      socket
        .on('error', () => undefined)
        .write(`GET /locks/a HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n\r\n`);
      await once(socket, 'data');
      return socket;
    };
    const mine = await opened('alice-token');
    const oldest = await opened('guessed');
    const left = once(oldest, 'close');
    const strangers = [oldest, await opened('guessed'), await opened('guessed')];
    // For one more of them the oldest has to go.
    await left;
    expect(mine.closed).toBe(false);
    for (const socket of [mine, ...strangers]) socket.destroy();
  });

  it('is no more than the limits say: the header of a request', async () => {
    const server = await start({ http: 0, limits: { headerTime: '1s', requestTime: '2s' } });
    const { host, port } = at(server, 'http');
    const heard = ['', 'GET /health HTTP/1.1\r\nx-a: b\r\n'].map(async (text) => {
      const socket = connect(port, host);
      socket.setEncoding('latin1').on('error', () => undefined);
      let all = '';
      socket.on('data', (part: string) => (all += part));
      socket.write(text);
      await once(socket, 'close');
      return all;
    });
    for (const text of await Promise.all(heard)) expect(text).toMatch(/^HTTP\/1.1 408/);
    expect((await get(`${at(server, 'http').url}/health`)).status).toBe(200);
  });

  it('is no more than the limits say: locks of all, whoever he says that he is, and whatever he speaks', async () => {
    const server = await start({ ws: 0, http: 0, dflockd: 0, limits: { places: 3 } });
    const { url } = at(server, 'http');
    const ask = async (path: string, token: string, body: object = {}) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
      const { status, code } = (await response.json()) as { status?: string; code?: string };
      return status ?? code;
    };
    const campaign = (id: string) => ask(`/elections/${id}/campaign`, 'any', { candidate_id: 'me' });
    expect(await ask('/locks/a/acquire', 'one')).toBe('acquired');
    expect(await campaign('election-1')).toBe('leader');
    expect(await ask('/locks/b/acquire', 'two')).toBe('acquired');
    expect(await ask('/locks/c/acquire', 'three')).toBe('capacity_exceeded');
    expect(await campaign('election-2')).toBe('capacity_exceeded');
    const client = await DflockdClient.connect(at(server, 'dflockd'));
    expect(await client.ask('l', 'd', '0')).toBe('error_max_locks');
    const locks = createLocks(socket({ url: at(server, 'ws').url }));
    await expect(locks.acquire('e', '9s', { wait: false })).rejects.toThrow(LockCapacityError);
    // What there is can be asked for, and kept.
    expect(await ask('/locks/a/acquire', 'one')).toBe('acquired');
    expect(await ask('/locks/a/acquire', 'two')).toBe('held');
    expect(await campaign('election-1')).toBe('follower');
    const sessions: (string | undefined)[] = [];
    for (const token of ['one', 'two', 'three', 'four']) sessions.push(await ask('/sessions', token));
    expect(sessions).toEqual([undefined, undefined, undefined, 'capacity_exceeded']);
    client.close();
    await locks.close();
  });

  it('is no more than the limits say: locks of one session', async () => {
    const server = await start({ dflockd: 0, limits: { locks: 2, waiters: 1 } });
    const client = await DflockdClient.connect(at(server, 'dflockd'));
    const answers: string[] = [];
    for (const key of ['a', 'b', 'c', 'd']) answers.push(await client.ask('l', key, '0'));
    expect(answers.map((answer) => answer.split(' ')[0])).toEqual(['ok', 'ok', 'ok', 'error_max_locks']);
    client.close();
  });
});

describe('what a server tells of itself', () => {
  it('is told to programs of this machine, and to who has a token', async () => {
    const server = await start({ metrics: 0, dflockd: 0, tokens: { alice: 'secret' } });
    const { url } = at(server, 'metrics');
    const client = await DflockdClient.connect(at(server, 'dflockd'));
    await client.ask('auth', '_', 'secret');
    await client.take('a-name', '0');
    const near = await get(`${url}/metrics`);
    expect(near.status).toBe(200);
    for (const line of ['rxlock_held 1', 'rxlock_waiting 0', 'rxlock_connections{front="dflockd"} 1']) {
      expect(near.text).toContain(line);
    }
    expect(near.text).toMatch(/^rxlock_acquire_seconds_bucket\{front="dflockd",le="\+Inf"\} 1$/m);
    expect(near.text).toMatch(/^process_cpu_seconds_total /m);
    expect(near.text).not.toMatch(/a-name|secret|alice/);
    expect(await server.metrics()).toContain('rxlock_held 1');
    const far = { 'x-forwarded-for': '10.0.0.1' };
    const statuses = await Promise.all(
      [
        far,
        { host: 'evil.example.com' },
        { origin: 'http://evil.example.com' },
        { ...far, authorization: 'Bearer wrong' },
        { ...far, authorization: 'Bearer secret' },
      ].map(async (headers) => (await get(`${url}/metrics`, headers as Record<string, string>)).status),
    );
    expect(statuses).toEqual([401, 401, 401, 401, 200]);
    client.close();
  });

  it('is its health to everybody, and nothing else', async () => {
    const server = await start({ metrics: 0, dflockd: 0 });
    const { url } = at(server, 'metrics');
    expect(await get(`${url}/health`, { host: 'any' })).toEqual({ status: 200, text: '{"status":"ok"}\n' });
    expect((await get(`${url}/metrics`, { host: 'any' })).status).toBe(403);
    expect((await get(`${url}/locks`)).status).toBe(404);
  });

  it('is told beside what else is spoken on a port, or not at all', async () => {
    const [server, silent] = [await start({ http: 0 }), await start({ http: 0, metrics: false })];
    expect((await get(`${at(server, 'http').url}/metrics`)).text).toContain('rxlock_held 0');
    expect((await get(`${at(silent, 'http').url}/metrics`)).status).toBe(404);
    const shared = await start({ http: 0, metrics: 0 });
    expect(at(shared, 'metrics')).toEqual(at(shared, 'http'));
  });
});
