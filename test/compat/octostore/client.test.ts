import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OctoStoreClient as BrowserClient } from '../../../src/compat/octostore/index.browser.js';
import {
  AuthenticationError,
  LockError,
  LockHeldError,
  NetworkError,
  OctoStoreClient,
  OctoStoreError,
  ValidationError,
} from '../../../src/compat/octostore/index.js';
import * as root from '../../../src/contract/errors.js';
import { HttpServer, json } from '../../support/http-server.js';
import { DialectServer } from '../../support/octostore-dialect.js';
import { until } from '../../support/poll.js';
import {
  anyName,
  clients,
  errorOf,
  errorsOf,
  describeWithAll,
  describeWithDialect,
  isFree,
} from './support/servers.js';

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

describeWithAll('OctoStoreClient', (server) => {
  const make = clients(server);

  it('tells the health as a word', async () => {
    expect(await make().health()).toBe('ok');
  });

  it('acquires with exactly the documented fields', async () => {
    const result = await make().acquireLock(anyName(), 300);
    expect(result).toStrictEqual({
      status: 'acquired',
      lease_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      fencing_token: expect.any(Number),
      expires_at: expect.stringMatching(ISO),
    });
    const left = Date.parse(result.expires_at!) - Date.now();
    expect(left).toBeGreaterThan(290_000);
    expect(left).toBeLessThanOrEqual(300_000);
  });

  it('acquires for 60 s by default', async () => {
    const { expires_at } = await make().acquireLock(anyName());
    const left = Date.parse(expires_at!) - Date.now();
    expect(left).toBeGreaterThan(50_000);
    expect(left).toBeLessThanOrEqual(60_000);
  });

  it('throws LockHeldError for a lock that somebody else holds', async () => {
    const name = anyName();
    const { expires_at } = await make().acquireLock(name, 30);
    const other = make({ token: server().tokens.bob });
    const error = await errorOf(other.acquireLock(name, 30));
    expect(error).toBeInstanceOf(LockHeldError);
    expect(error).toBeInstanceOf(OctoStoreError);
    expect(error).toBeInstanceOf(root.LockHeldError);
    expect(error).toMatchObject({
      name: 'LockHeldError',
      code: 'ERR_LOCK_HELD',
      retryable: true,
      lockName: name,
      holder_id: (await other.getLockStatus(name)).holder_id,
      expires_at,
      expiresAt: new Date(expires_at!),
    });
  });

  it('gives the same lease to the same token once more, as documented', async () => {
    const name = anyName();
    const first = await make().acquireLock(name);
    const second = await make().acquireLock(name);
    expect([second.lease_id, second.fencing_token]).toEqual([first.lease_id, first.fencing_token]);
  });

  it('releases, so that another gets a larger token', async () => {
    const name = anyName();
    const client = make();
    const first = await client.acquireLock(name);
    expect(await client.releaseLock(name, first.lease_id!)).toBeUndefined();
    const second = await make({ token: server().tokens.bob }).acquireLock(name);
    expect(second.fencing_token).toBeGreaterThan(first.fencing_token!);
  });

  it('takes a lease that is not current any more for released, and harms nobody', async () => {
    const name = anyName();
    const client = make();
    const { lease_id } = await client.acquireLock(name);
    await client.releaseLock(name, lease_id!);
    await client.releaseLock(name, lease_id!);
    const other = make({ token: server().tokens.bob });
    await other.acquireLock(name);
    await client.releaseLock(name, lease_id!);
    expect(await isFree(server(), name)).toBe(false);
  });

  it('renews with exactly the documented fields', async () => {
    const name = anyName();
    const client = make();
    const { lease_id } = await client.acquireLock(name, 10);
    const renewed = await client.renewLock(name, lease_id!, 120);
    expect(renewed).toStrictEqual({ lease_id, expires_at: expect.stringMatching(ISO) });
    expect(Date.parse(renewed.expires_at) - Date.now()).toBeGreaterThan(110_000);
    expect(Date.parse((await client.renewLock(name, lease_id!)).expires_at) - Date.now()).toBeGreaterThan(50_000);
  });

  it('throws LockError when the lease that is renewed is lost', async () => {
    const name = anyName();
    const client = make();
    const { lease_id } = await client.acquireLock(name);
    await client.releaseLock(name, lease_id!);
    for (const holder of [undefined, make({ token: server().tokens.bob })]) {
      await holder?.acquireLock(name);
      const error = await errorOf(client.renewLock(name, lease_id!));
      expect(error).toBeInstanceOf(LockError);
      expect(error).not.toBeInstanceOf(LockHeldError);
      expect(error).toBeInstanceOf(root.LockLostError);
      expect(error).toMatchObject({ code: 'ERR_LOCK_LOST', reason: 'refused', lockName: name });
    }
  });

  it('tells the status with exactly the documented fields', async () => {
    const name = anyName();
    const client = make();
    expect(await client.getLockStatus(name)).toStrictEqual({
      name,
      status: 'free',
      holder_id: null,
      fencing_token: expect.any(Number),
      expires_at: null,
    });
    const { fencing_token, expires_at } = await client.acquireLock(name);
    expect(await client.getLockStatus(name)).toStrictEqual({
      name,
      status: 'held',
      holder_id: expect.any(String),
      fencing_token,
      expires_at,
    });
  });

  it('lists the locks of this owner, with their leases', async () => {
    const client = make();
    const names = [anyName(), anyName()];
    const acquired = [await client.acquireLock(names[0]!), await client.acquireLock(names[1]!)];
    const others = anyName();
    await make({ token: server().tokens.bob }).acquireLock(others);
    const locks = await client.listLocks();
    for (const [index, { lease_id, fencing_token, expires_at }] of acquired.entries()) {
      expect(locks).toContainEqual({ name: names[index], lease_id, fencing_token, expires_at });
    }
    expect(locks.map(({ name }) => name)).not.toContain(others);
    for (const lock of locks) {
      expect(Object.keys(lock)).toEqual(['name', 'lease_id', 'fencing_token', 'expires_at']);
    }
  });

  it('throws AuthenticationError for a token that the server does not know', async () => {
    const name = anyName();
    const stranger = make({ token: 'canary-token' });
    const anybody = make({ token: undefined });
    const calls = (client: OctoStoreClient): Promise<unknown>[] => [
      client.acquireLock(name),
      client.acquireLock(name, 60, { wait: '1s' }),
      client.releaseLock(name, randomUUID()),
      client.renewLock(name, randomUUID()),
      client.getLockStatus(name),
      client.listLocks(),
    ];
    const refused = await errorsOf([...calls(stranger), stranger.rotateToken()]);
    const unknown = await errorsOf(calls(anybody));
    const [untold] = await errorsOf([anybody.rotateToken()]);
    for (const error of [...refused, ...unknown, untold]) {
      expect(error).toBeInstanceOf(AuthenticationError);
      expect(error).toBeInstanceOf(root.LockAuthenticationError);
      expect(error).toMatchObject({ code: 'ERR_LOCK_AUTHENTICATION', retryable: false });
      expect(inspect(error, { showHidden: true })).not.toContain('canary');
    }
    for (const error of refused) {
      expect(error).toMatchObject({ status: 401, message: expect.stringContaining('the token is not valid') });
    }
    for (const error of unknown) {
      expect(error).toMatchObject({ status: 401, message: expect.stringContaining('none was given') });
    }
    expect(await stranger.health()).toBe('ok');
    expect(await anybody.health()).toBe('ok');
  });

  it('tries for as long as `wait` says', async () => {
    const name = anyName();
    const holder = make();
    const { lease_id } = await holder.acquireLock(name);
    const other = make({ token: server().tokens.bob });
    const pending = other.acquireLock(name, 60, { wait: '15s' });
    await expect(other.acquireLock(name, 60, { wait: '30ms' })).rejects.toBeInstanceOf(LockHeldError);
    await holder.releaseLock(name, lease_id!);
    expect(await pending).toMatchObject({ status: 'acquired' });
  });

  it('cancels a wait, and leaves nothing behind', async () => {
    const name = anyName();
    const holder = make();
    const { lease_id } = await holder.acquireLock(name);
    const reason = new Error('enough');
    const cancel = new AbortController();
    const pending = make({ token: server().tokens.bob }).acquireLock(name, 60, { wait: '1h', signal: cancel.signal });
    setTimeout(() => {
      cancel.abort(reason);
    }, 50);
    await expect(pending).rejects.toBe(reason);
    await holder.releaseLock(name, lease_id!);
    expect(await isFree(server(), name)).toBe(true);
  });

  it('rejects at once, and asks for nothing, when the signal has aborted before', async () => {
    const name = anyName();
    const client = make();
    const signal = AbortSignal.abort('gone');
    const calls = [
      client.health({ signal }),
      client.acquireLock(name, 60, { signal }),
      client.acquireLock(name, 60, { signal, wait: '5s' }),
      client.releaseLock(name, 'a', { signal }),
      client.renewLock(name, 'a', 60, { signal }),
      client.getLockStatus(name, { signal }),
      client.listLocks({ signal }),
      client.rotateToken({ signal }),
    ];
    for (const error of await errorsOf(calls)) expect(error).toBe('gone');
    expect(await isFree(server(), name)).toBe(true);
    expect(await client.listLocks()).toBeInstanceOf(Array);
  });

  it('gives back what it holds when it is closed', async () => {
    const names = [anyName(), anyName()];
    {
      await using client = new OctoStoreClient({ baseUrl: server().url, token: server().tokens.alice });
      for (const name of names) await client.acquireLock(name);
      expect(await isFree(server(), names[0]!)).toBe(false);
    }
    for (const name of names) expect(await isFree(server(), name)).toBe(true);
  });

  it('gives back nothing that was released, or belongs to another client', async () => {
    const name = anyName();
    const client = make();
    const { lease_id } = await client.acquireLock(name);
    await client.releaseLock(name, lease_id!);
    await make({ token: server().tokens.bob }).acquireLock(name);
    await client.close();
    expect(await isFree(server(), name)).toBe(false);
  });

  it('does nothing any more once it is closed', async () => {
    const client = make();
    await client.close();
    await client.close();
    const name = anyName();
    const calls = [
      client.health(),
      client.acquireLock(name),
      client.acquireLock(name, 60, { wait: '1s' }),
      client.releaseLock(name, 'a'),
      client.getLockStatus(name),
      client.listLocks(),
    ];
    for (const error of await errorsOf(calls)) {
      expect(error).toBeInstanceOf(OctoStoreError);
      expect(error).toBeInstanceOf(root.LockClosedError);
    }
  });

  it('works through the fetch of a browser as well', async () => {
    const name = anyName();
    await using client = new BrowserClient({ baseUrl: server().url, token: server().tokens.alice });
    expect(await client.health()).toBe('ok');
    const { lease_id } = await client.acquireLock(name);
    await client.renewLock(name, lease_id!, 100);
    await using other = new BrowserClient({ baseUrl: server().url, token: server().tokens.bob });
    await expect(other.acquireLock(name)).rejects.toBeInstanceOf(LockHeldError);
    await client.releaseLock(name, lease_id!);
    expect(await isFree(server(), name)).toBe(true);
  });
});

describeWithDialect('what leaves the machine', (server) => {
  const make = clients(server);

  it('is what the documents say, and a word of its own by which a grant is known', async () => {
    const client = make();
    const name = anyName();
    const before = server().seen.length;
    await client.health();
    const { lease_id } = await client.acquireLock(name, 300);
    await client.renewLock(name, lease_id!, 20);
    await client.getLockStatus(name);
    await client.listLocks();
    await client.releaseLock(name, lease_id!);
    const token = server().tokens.alice;
    const nonce = expect.stringMatching(/^\{"ttl_seconds":300,"metadata":"rxlock:[0-9a-z]+-[0-9a-z]+"\}$/) as string;
    expect(server().seen.slice(before)).toEqual([
      { method: 'GET', path: '/health', token: undefined, body: '' },
      { method: 'POST', path: `/locks/${name}/acquire`, token, body: nonce },
      { method: 'POST', path: `/locks/${name}/renew`, token, body: JSON.stringify({ lease_id, ttl_seconds: 20 }) },
      { method: 'GET', path: `/locks/${name}`, token, body: '' },
      { method: 'GET', path: '/locks', token, body: '' },
      { method: 'POST', path: `/locks/${name}/release`, token, body: JSON.stringify({ lease_id }) },
    ]);
  });

  it('says which name would be taken', async () => {
    await expect(make().acquireLock('user:42')).rejects.toThrow(/; try 'user-42'$/);
    await expect(make().acquireLock('..')).rejects.toThrow(/is '\.\.'$/);
  });

  it('is nothing for a bad argument', async () => {
    const client = make();
    const before = server().seen.length;
    const names = [
      '',
      'a_b',
      'a/b',
      'a b',
      'ä',
      'a\0',
      'a\n',
      '\ud800',
      '.',
      '..',
      'x'.repeat(129),
      5,
      undefined,
      null,
    ];
    const ttls = [0, -1, 3601, 1.5, NaN, Infinity, 2 ** 31, '60', null, {}];
    const bad: readonly (readonly [option: string, call: Promise<unknown>])[] = [
      ...names.flatMap((name) => [
        ['name', client.acquireLock(name as string)] as const,
        ['name', client.releaseLock(name as string, 'a')] as const,
        ['name', client.renewLock(name as string, 'a')] as const,
        ['name', client.getLockStatus(name as string)] as const,
        ['name', client.lock(name as string)] as const,
        ['name', client.withLock(name as string, 60, () => 1)] as const,
      ]),
      ...ttls.flatMap((ttl) => [
        ['ttl', client.acquireLock('a', ttl as number)] as const,
        ['ttl', client.renewLock('a', 'a', ttl as number)] as const,
        ['ttl', client.lock('a', ttl as number)] as const,
        ['ttl', client.withLock('a', ttl as number, () => 1)] as const,
      ]),
      ...['', undefined, 5].flatMap((leaseId) => [
        ['leaseId', client.releaseLock('a', leaseId as string)] as const,
        ['leaseId', client.renewLock('a', leaseId as string)] as const,
      ]),
      ['timeOut', client.health({ timeOut: 5 } as object)],
      ['signal', client.health({ signal: 5 as unknown as AbortSignal })],
      ['wait', client.acquireLock('a', 60, { wait: -1 })],
      ['wait', client.acquireLock('a', 60, { wait: 'soon' })],
    ];
    const errors = await errorsOf(bad.map(([, call]) => call));
    for (const [index, [option]] of bad.entries()) {
      const error = errors[index];
      expect(error).toBeInstanceOf(ValidationError);
      expect(error).toBeInstanceOf(OctoStoreError);
      expect(error).toBeInstanceOf(root.LockValidationError);
      expect(error).toMatchObject({ option, code: 'ERR_LOCK_VALIDATION' });
    }
    expect(() => client.watchLock$('a_b')).toThrow(ValidationError);
    expect(server().seen.length).toBe(before);
  });

  it('takes what the documents allow, up to its limits', async () => {
    const client = make();
    for (const name of ['a', '-', '...', 'A.b-9', '__proto__'.replaceAll('_', '-'), 'constructor', 'x'.repeat(128)]) {
      for (const ttl of [1, 3600]) {
        const { lease_id } = await client.acquireLock(name, ttl);
        await client.releaseLock(name, lease_id!);
      }
    }
  });
});

describeWithDialect('a fencing token above 2^53', (server) => {
  const make = clients(server);

  it('is thrown for rather than rounded, and its lock is left to run out where nobody knows whose it is', async () => {
    const client = make();
    const name = anyName();
    server().next = BigInt(Number.MAX_SAFE_INTEGER);
    const { lease_id, fencing_token } = await client.acquireLock(name);
    expect(fencing_token).toBe(Number.MAX_SAFE_INTEGER);
    await client.releaseLock(name, lease_id!);
    const before = server().seen.length;
    const error = await errorOf(client.acquireLock(name, 1));
    expect(error).toBeInstanceOf(LockError);
    expect(error).toMatchObject({ message: expect.stringContaining('2^53') });
    expect(server().seen.slice(before)).toHaveLength(1);
    await until(() => isFree(server(), name), 'its end');
    await server().ask('POST', `/locks/${name}/acquire`, { ttl_seconds: 60 });
    await expect(client.getLockStatus(name)).rejects.toBeInstanceOf(LockError);
    await expect(client.listLocks()).rejects.toBeInstanceOf(LockError);
  });
});

describe('listLocks of today', () => {
  it('shows nobody the locks of strangers', async () => {
    const lock = (name: string, holder_id: string, fencing_token: number): object => ({
      name,
      status: 'held',
      holder_id,
      fencing_token,
      expires_at: '2030-01-01T00:00:00Z',
    });
    const server = await HttpServer.start(({ method }, response) => {
      const locks = [lock('a', 'me', 5), lock('b', 'me', 6), lock('c', 'stranger', 7)];
      const grant = { status: 'acquired', lease_id: 'lease', fencing_token: 5, expires_at: '2030-01-01T00:00:00Z' };
      json(response, 200, method === 'GET' ? { locks } : grant);
    });
    const client = new OctoStoreClient({ baseUrl: server.url, token: 'a' });
    // Nobody has told yet who this owner is.
    expect(await client.listLocks()).toEqual([]);
    await client.acquireLock('a');
    const listed = (await client.listLocks()).map(({ name, lease_id }) => [name, lease_id]);
    expect(listed).toEqual([
      ['a', 'lease'],
      ['b', ''],
    ]);
    await client.close();
    await server.stop();
  });
});

describe('rotateToken', () => {
  let server: DialectServer;
  beforeEach(async () => {
    server = await DialectServer.start();
  });
  afterEach(async () => {
    await server.stop();
  });
  const make = clients(() => server);

  it('gives exactly the documented fields, and uses the new token from then on', async () => {
    const client = make();
    const name = anyName();
    const { lease_id } = await client.acquireLock(name);
    const info = await client.rotateToken();
    expect(info).toStrictEqual({ token: expect.any(String), user_id: 'id-of-alice', github_username: 'alice' });
    const before = server.seen.length;
    await client.renewLock(name, lease_id!);
    await client.releaseLock(name, lease_id!);
    expect(server.seen.slice(before).map(({ token }) => token)).toEqual([info.token, info.token]);
    await expect(make({ token: server.tokens.alice }).listLocks()).rejects.toBeInstanceOf(AuthenticationError);
    expect(inspect(client, { depth: 9, showHidden: true })).not.toContain(info.token);
  });

  it('rotates as often as it is called, also at once', async () => {
    const client = make();
    const tokens = await Promise.all([client.rotateToken(), client.rotateToken(), client.rotateToken()]);
    expect(new Set(tokens.map(({ token }) => token)).size).toBe(3);
    expect(await client.listLocks()).toEqual([]);
  });

  it('spoils no call that is under way', async () => {
    const client = make();
    const calls = Array.from({ length: 20 }, async (_, index) => {
      if (index === 10) return client.rotateToken();
      return client.listLocks();
    });
    await Promise.all(calls);
  });

  it('spoils no call that is refused before its answer comes', async () => {
    let rotated: (() => void) | undefined;
    const slow = await HttpServer.start(({ path, token }, response) => {
      if (path.endsWith('/rotate')) {
        rotated = () => {
          json(response, 200, { token: 'new', user_id: 'id', github_username: 'alice' });
        };
      } else if (token === 'new') {
        json(response, 200, { locks: [] });
      } else {
        json(response, 401, { error: 'Invalid token' });
        rotated?.();
      }
    });
    const client = make({ baseUrl: slow.url, token: 'old' });
    const rotation = client.rotateToken();
    await until(() => rotated !== undefined, 'the rotation');
    expect(await client.listLocks()).toEqual([]);
    expect((await rotation).token).toBe('new');
    await slow.stop();
  });

  it('is not stopped by whoever cancels it', async () => {
    const client = make();
    const cancel = new AbortController();
    const rotation = client.rotateToken({ signal: cancel.signal });
    cancel.abort('gone');
    await expect(rotation).rejects.toBe('gone');
    expect(await client.listLocks()).toEqual([]);
    expect(server.seen.filter(({ path }) => path.endsWith('rotate'))).toHaveLength(1);
  });
});

describe('the constructor', () => {
  beforeEach(() => {
    vi.stubEnv('OCTOSTORE_TOKEN', undefined);
    vi.stubEnv('OCTOSTORE_BASE_URL', undefined);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('needs nothing', () => {
    expect(new OctoStoreClient()).toBeInstanceOf(OctoStoreClient);
    expect(new OctoStoreClient({})).toBeInstanceOf(OctoStoreClient);
    expect(new OctoStoreClient({ baseUrl: undefined, token: undefined, timeout: undefined })).toBeDefined();
    expect(new OctoStoreClient({ token: '' })).toBeDefined();
  });

  it('does not take an empty baseUrl for none: the token would go to a server that nobody named', () => {
    for (const Made of [OctoStoreClient, BrowserClient]) {
      expect(() => new Made({ baseUrl: '' })).toThrow(ValidationError);
      expect(() => new Made({ baseUrl: '' })).toThrow(expect.objectContaining({ option: 'baseUrl' }));
    }
  });

  it('asks https://api.octostore.io by default', async () => {
    const fetched = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('no network'));
    await expect(new BrowserClient().health()).rejects.toBeInstanceOf(NetworkError);
    expect(fetched.mock.calls[0]?.[0]).toBe('https://api.octostore.io/health');
    fetched.mockRestore();
  });

  it('reads the environment where nothing is given', async () => {
    const server = await DialectServer.start();
    vi.stubEnv('OCTOSTORE_TOKEN', server.tokens.alice);
    vi.stubEnv('OCTOSTORE_BASE_URL', server.url);
    await using client = new OctoStoreClient();
    expect(await client.listLocks()).toEqual([]);
    await using other = new OctoStoreClient({ token: 'other' });
    await expect(other.listLocks()).rejects.toBeInstanceOf(AuthenticationError);
    await server.stop();
  });

  it('takes plain http to any machine, as the documented client does, and a path', () => {
    for (const baseUrl of ['http://octostore:3000', 'http://10.0.0.1/api/', 'https://example.com/octo']) {
      expect(new OctoStoreClient({ baseUrl, token: 'a' })).toBeDefined();
    }
  });

  it.each([
    ['timeout', { timeout: 0 }],
    ['timeout', { timeout: -1 }],
    ['timeout', { timeout: NaN }],
    ['timeout', { timeout: Infinity }],
    ['timeout', { timeout: 2 ** 31 }],
    ['timeout', { timeout: '30s' }],
    ['token', { token: 5 }],
    ['token', { token: 'two words' }],
    ['session', { session: 'yes' }],
    ['onLockLost', { onLockLost: 5 }],
    ['timeOut', { timeOut: 5 }],
    ['baseUrl', { baseUrl: 'ftp://example.com' }],
    ['baseUrl', { baseUrl: 'https://user:canary@example.com' }],
    ['baseUrl', { baseUrl: 'canary' }],
    ['options', null],
  ])('refuses a bad %s: %j', (option, options) => {
    let error: unknown;
    try {
      new OctoStoreClient(options as object);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ValidationError);
    expect((error as Error).message).toContain(option);
    expect(inspect(error)).not.toContain('canary');
  });

  it('sets the time limit of what follows', () => {
    const client = new OctoStoreClient();
    expect(client.setTimeout(5000)).toBe(client);
    expect(() => client.setTimeout(0)).toThrow(ValidationError);
  });

  it('shows no secret', () => {
    const client = new OctoStoreClient({ token: 'canary' });
    expect(inspect(client, { depth: 9, showHidden: true }) + JSON.stringify(client)).not.toContain('canary');
  });
});
