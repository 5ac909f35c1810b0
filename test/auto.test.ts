import { firstValueFrom } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as auto from '../src/auto.js';
import { dflockd } from '../src/backends/dflockd/index.js';
import { shardOf } from '../src/backends/dflockd/client/shard-of.js';
import { LockAuthenticationError, LockConfigError, LockValidationError } from '../src/contract/errors.js';
import type { LockEvent } from '../src/contract/lease.js';
import { describeWithRedises } from './support/describe-with-redis.js';
import { startDflockd } from './support/dflockd-instance.js';
import { HttpServer, json } from './support/http-server.js';

/** A fresh copy of the module, which has not read its environment yet. */
async function fresh(url?: string): Promise<typeof auto> {
  vi.stubEnv('RXLOCK_URL', url);
  vi.resetModules();
  return import('../src/auto.js');
}

const { locksFromUrl } = auto;

const failure = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => new Error('nothing failed'),
    (error: unknown) => error as Error,
  );

beforeEach(() => {
  vi.stubEnv('OCTOSTORE_TOKEN', 'test-token');
});

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('locksFromUrl', () => {
  it.each(['memory:', 'memory://', 'MEMORY:', 'memory://anything'])('%s is the embedded backend', async (url) => {
    const locks = await locksFromUrl(url, { prefix: 'p/' });
    expect(await locks.using('a', '30s', (lease) => lease.name)).toBe('a');
    await locks.close();
  });

  it('has one embedded backend for a process', async () => {
    const [one, two] = await Promise.all([locksFromUrl('memory:'), locksFromUrl('memory:')]);
    const lease = await one.acquire('a', '30s');
    expect(await two.tryAcquire('a', '30s')).toBeNull();
    await lease.release();
    await Promise.all([one.close(), two.close()]);
  });

  it('passes the options on, and refuses bad ones', async () => {
    const locks = await locksFromUrl('memory:', { holder: 'me' });
    const lease = await locks.acquire('a', '30s');
    expect((await locks.status('a')).holder).toBe('me');
    await lease.release();
    await locks.close();
    await expect(locksFromUrl('memory:', { hodler: 'x' } as never)).rejects.toThrow(LockValidationError);
  });

  it('asks the host and path of an octostore URL, over http on a loopback address, with the token of the environment', async () => {
    const server = await HttpServer.start((_, response) => {
      json(response, 200, { name: 'a', status: 'free' });
    });
    try {
      const locks = await locksFromUrl(`octostore://${new URL(server.url).host}/base`);
      await locks.status('a').catch(() => undefined);
      expect(server.seen[0]).toMatchObject({ method: 'GET', token: 'test-token' });
      expect(server.seen[0]!.path).toMatch(/^\/base\/.*a$/);
      await locks.close();
    } finally {
      await server.stop();
    }
  });

  it('asks the servers of a dflockd URL, each for its keys, with the token of the environment', async () => {
    vi.stubEnv('DFLOCKD_AUTH_TOKEN', 'a-token');
    const servers = await Promise.all([startDflockd({ auth: 'a-token' }), startDflockd({ auth: 'a-token' })]);
    try {
      const locks = await locksFromUrl(
        `dflockd://${servers.map(({ host, port }) => `${host}:${String(port)}`).join()}`,
      );
      const names = ['a', 'b', 'c', 'd', 'e', 'f'];
      const leases = await Promise.all(names.map((name) => locks.acquire(name, '30s')));
      const keys = await Promise.all(
        servers.map(async ({ port }, index) => {
          const service = dflockd({ port, auth: 'a-token' });
          const { locks: held } = await service.stats();
          await service.close();
          expect(held.map(({ key }) => shardOf(key, 2))).toEqual(held.map(() => index));
          return held.map(({ key }) => key);
        }),
      );
      expect(keys.every((some) => some.length > 0)).toBe(true);
      expect(keys.flat().sort()).toEqual(names);
      await Promise.all(leases.map((lease) => lease.release()));
      await locks.close();
    } finally {
      await Promise.all(servers.map((server) => server.stop()));
    }
  });

  it('asks one dflockd server, without a token where there is none', async () => {
    vi.stubEnv('DFLOCKD_AUTH_TOKEN', undefined);
    const server = await startDflockd();
    try {
      const locks = await locksFromUrl(`${server.url}/`);
      const lease = await locks.acquire('a', '30s');
      expect((await (await server.connect()).stats()).locks).toMatchObject([{ key: 'a' }]);
      await lease.release();
      await locks.close();
    } finally {
      await server.stop();
    }
  });

  it.each([
    'dflockd://',
    'dflockd:secret',
    'dflockd://a,',
    'dflockd://a/secret',
    'dflockd://a,b?secret',
    'dflockd://a#secret',
  ])('refuses %s, which is more or less than the hosts of servers', async (url) => {
    const error = await failure(locksFromUrl(url));
    expect(error).toBeInstanceOf(LockConfigError);
    expect(error).toMatchObject({ option: 'url' });
    expect(error.message).not.toContain('secret');
  });

  it.each(['ws://a?secret', 'wss://a#secret', 'ws://a,secret'])(
    'refuses %s, which is more than a server',
    async (url) => {
      const error = await failure(locksFromUrl(url));
      expect(error).toBeInstanceOf(LockConfigError);
      expect(error).toMatchObject({ option: 'url' });
      expect(error.message).not.toContain('secret');
    },
  );

  it.each(['redis://', 'redis://a/secret', 'redis://a?secret', 'rediss://a/1#secret', 'redis://a,secret'])(
    'refuses %s, which is more or less than a server and a database',
    async (url) => {
      const error = await failure(locksFromUrl(url));
      expect(error).toBeInstanceOf(LockConfigError);
      expect(error).toMatchObject({ option: 'url' });
      expect(error.message).not.toContain('secret');
    },
  );

  it.each([
    'dflockd://a:1,user:secret@b:2',
    'dflockd://secret@a,b',
    'octostore://user:secret@host',
    'octostore://secret@host',
    'redis://:secret@host',
    'rediss://user:secret@host/1',
    'ws://user:secret@host',
    'wss://secret@host',
    'memory://a:secret@b',
  ])('refuses credentials in %s, and does not repeat them', async (url) => {
    const error = await failure(locksFromUrl(url));
    expect(error).toBeInstanceOf(LockConfigError);
    expect(`${error.message} ${JSON.stringify(error)} ${String(error.cause)}`).not.toContain('secret');
  });

  it('refuses a query, in which a token might hide', async () => {
    const error = await failure(locksFromUrl('octostore://localhost:1?token=secret'));
    expect(error).toBeInstanceOf(LockConfigError);
    expect(error.message).not.toContain('secret');
  });

  it.each(['etcd://host', 'etcd://a:1,b:2', 'HTTPS://host', 'postgres://host/db', 'zookeeper://host', 'http://host'])(
    'does not know %s, says so, and says what it knows',
    async (url) => {
      const error = await failure(locksFromUrl(url));
      expect(error).toBeInstanceOf(LockConfigError);
      const scheme = `'${url.slice(0, url.indexOf('/')).toLowerCase()}'`;
      expect(error.message).toBe(
        `the scheme ${scheme} of the lock service's URL is unknown; there are memory:, octostore:, dflockd:, redis:, rediss:, ws:, wss:`,
      );
    },
  );

  it.each(['local:', 'secret:x', 'constructor:x', '__proto__:x', 'hasOwnProperty:', 'constructor://x'])(
    'does not know %s, and does not repeat what may be a name',
    async (url) => {
      const error = await failure(locksFromUrl(url));
      expect(error).toBeInstanceOf(LockConfigError);
      expect(error.message).toMatch(
        /is unknown; there are memory:, octostore:, dflockd:, redis:, rediss:, ws:, wss:$|is not a URL/,
      );
      expect(error.message).not.toContain('secret');
    },
  );

  it.each(['', 'host', 'my secret', 'dflockd://a:1,b:secret', 'dflockd://a,,secret'])(
    'refuses what is no URL, without repeating it: %j',
    async (url) => {
      const error = await failure(locksFromUrl(url));
      expect(error).toBeInstanceOf(LockConfigError);
      expect(error.message).not.toContain('secret');
    },
  );

  it('is a rejection, never a throw', () => {
    const promise = locksFromUrl('nonsense');
    expect(promise).toBeInstanceOf(Promise);
    return expect(promise).rejects.toThrow(LockConfigError);
  });
});

describeWithRedises('locksFromUrl of Redis', (start) => {
  it('asks the database of the server, with user and password of the environment', async () => {
    const server = await start({ password: 'p@ss/word', users: ['alice on >s3cret ~* &* +@all'] });
    for (const [user, password] of [
      [undefined, 'p@ss/word'],
      ['alice', 's3cret'],
    ]) {
      vi.stubEnv('REDIS_USERNAME', user);
      vi.stubEnv('REDIS_PASSWORD', password);
      const locks = await locksFromUrl(`redis://${server.host}:${String(server.port)}/3`);
      const lease = await locks.acquire('a', '30s');
      expect((await locks.list()).map(({ name }) => name)).toEqual(['a']);
      await lease.release();
      await locks.close();
    }
    vi.stubEnv('REDIS_USERNAME', undefined);
    vi.stubEnv('REDIS_PASSWORD', 'wrong');
    const locks = await locksFromUrl(`redis://${server.host}:${String(server.port)}`);
    await expect(locks.acquire('a', '30s')).rejects.toThrow(LockAuthenticationError);
    await locks.close();
  });
});

describe('lock$ of rxlock/auto', () => {
  it('is on what RXLOCK_URL names, one for all', async () => {
    const { lock$ } = await fresh('memory:');
    const events: LockEvent[] = [];
    const acquired = firstValueFrom(lock$('a', '30s'));
    expect((await acquired).type).toBe('acquired');
    const holding = lock$('b', '30s').subscribe((event) => events.push(event));
    await vi.waitFor(() => expect(events).toHaveLength(1));
    expect((await firstValueFrom(lock$('b', '30s'))).type).toBe('waiting');
    holding.unsubscribe();
  });

  it('opens nothing before it is subscribed to, and reads the variable then', async () => {
    const { lock$ } = await fresh(undefined);
    const stream$ = lock$('a', '30s');
    vi.stubEnv('RXLOCK_URL', 'memory:');
    expect((await firstValueFrom(stream$)).type).toBe('acquired');
  });

  it.each([undefined, ''])('errors with LockConfigError when RXLOCK_URL is %s', async (url) => {
    const { lock$ } = await fresh(url);
    const error = await failure(firstValueFrom(lock$('a', '30s')));
    expect(error).toBeInstanceOf(LockConfigError);
  });

  it.each(['etcd://host', 'nonsense', 'memory://a:secret@b'])(
    'throws at the call when RXLOCK_URL is %s, and errors if it is by the time of the subscription',
    async (url) => {
      const { lock$ } = await fresh('memory:');
      const stream$ = lock$('a', '30s');
      vi.stubEnv('RXLOCK_URL', url);
      expect(() => lock$('a', '30s')).toThrow(expect.objectContaining({ code: 'ERR_LOCK_CONFIG', option: 'url' }));
      expect(await failure(firstValueFrom(stream$))).toMatchObject({ code: 'ERR_LOCK_CONFIG', option: 'url' });
    },
  );

  it('does not remember what could not be opened', async () => {
    const { lock$ } = await fresh('octostore://localhost:1?token=x');
    expect(await failure(firstValueFrom(lock$('a', '30s')))).toBeInstanceOf(LockConfigError);
    vi.stubEnv('RXLOCK_URL', 'memory:');
    expect((await firstValueFrom(lock$('a', '30s'))).type).toBe('acquired');
  });

  it('throws at the call for what no service takes, and errors with what this one does not take', async () => {
    const { lock$ } = await fresh('memory:');
    expect(() => lock$('', '30s')).toThrow(LockValidationError);
    expect(() => lock$('a', 30)).toThrow(/write '30s' for seconds/);
    expect(() => lock$('a', '30s', { wiat: false } as never)).toThrow(/there is no option 'wiat'/);
    expect(await failure(firstValueFrom(lock$('a/../b', '30s')))).toBeInstanceOf(LockValidationError);
    expect(await failure(firstValueFrom(lock$('a', '2h')))).toMatchObject({ option: 'ttl' });
  });

  it('takes nothing when it is unsubscribed before the service is there', async () => {
    const { lock$, locksFromUrl: open } = await fresh('memory:');
    lock$('a', '30s').subscribe().unsubscribe();
    const locks = await open('memory:');
    expect((await locks.status('a')).status).toBe('free');
    await locks.close();
  });
});
