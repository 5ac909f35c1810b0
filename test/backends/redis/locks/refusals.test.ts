import { afterEach, expect, it } from 'vitest';
import { Redis } from 'ioredis';
import { firstValueFrom } from 'rxjs';
import {
  LockAuthenticationError,
  LockNetworkError,
  LockValidationError,
  type LockError,
} from '../../../../src/index.js';
import { describeWithRedises } from '../../../support/describe-with-redis.js';
import { until } from '../../../support/poll.js';
import type { RedisServer, RedisSettings } from '../../../support/redis-server.js';
import { anyName, RedisUser } from './support/redis-user.js';
import { wrapped } from './support/wrapped.js';

const SPIN = 'while true do end';

describeWithRedises('what redis refuses', (start) => {
  let server: RedisServer;
  const begin = async (settings?: RedisSettings): Promise<RedisUser> => {
    server = await start(settings);
    return new RedisUser(server.url);
  };
  afterEach(() => RedisUser.closeAll());
  const errorOf = async (user: RedisUser, name = anyName()): Promise<LockError> =>
    (await user.ask(name).over()).error as LockError;

  it('is told of a replica, after which another connection is made', async () => {
    const user = await begin();
    const { grant } = await user.acquire(anyName());
    await server.ask('REPLICAOF', '127.0.0.1', 1);
    const clients = async (): Promise<number> => Number(await server.info('total_connections_received'));
    const before = await clients();
    const error = await errorOf(user);
    expect(error).toBeInstanceOf(LockNetworkError);
    expect(error.message).toMatch(/READONLY: it is a replica, or not the master any more/);
    const renewal = await user.renew(grant);
    expect(renewal).toMatchObject({ outcome: 'unknown' });
    expect((renewal as { cause: Error }).cause.message).toContain('READONLY');
    await until(async () => (await clients()) > before, 'another connection');
    await server.ask('REPLICAOF', 'NO', 'ONE');
    await expect(user.renew(grant)).resolves.toMatchObject({ outcome: 'renewed' });
    await user.acquire(anyName());
  });

  it('is told of somebody who keeps it busy', async () => {
    const user = await begin({ config: ['busy-reply-threshold 20'] });
    const { grant } = await user.acquire(anyName());
    const spinning = server.ask('EVAL', SPIN, 0).catch(() => undefined);
    await until(async () => {
      const renewal = await user.renew(grant);
      return renewal.outcome === 'unknown' && (renewal.cause as Error).message.includes('BUSY');
    }, 'a busy server');
    const error = await errorOf(user);
    expect(error).toBeInstanceOf(LockNetworkError);
    expect(error.message).toMatch(/BUSY: a script of somebody else keeps it busy; SCRIPT KILL ends that/);
    const killer = new Redis(server.url, { enableReadyCheck: false });
    await killer.call('SCRIPT', 'KILL');
    killer.disconnect();
    await spinning;
    await expect(user.renew(grant)).resolves.toMatchObject({ outcome: 'renewed' });
  });

  it('is told of data that it still loads', async () => {
    const user = await begin({
      appendonly: true,
      config: ['key-load-delay 2000', 'loading-process-events-interval-bytes 1024'],
    });
    for (let i = 0; i < 5; i++) await server.ask('SET', `key-${String(i)}`, 'x'.repeat(5000));
    await server.ask('BGREWRITEAOF');
    await until(
      async () =>
        (await server.info('aof_rewrite_in_progress')) === '0' && (await server.info('aof_rewrite_scheduled')) === '0',
    );
    await server.kill();
    const running = server.run();
    const seen: string[] = [];
    await until(
      async () => {
        const { error } = await user.ask(anyName(), { wait: false }).over();
        if (error === undefined) return true;
        expect(error).toBeInstanceOf(LockNetworkError);
        seen.push((error as Error).message);
        return false;
      },
      'the end of the loading',
      20_000,
    );
    await running;
    // Whether it was seen while it loaded, time decides.
    for (const message of seen) expect(message).toMatch(/LOADING|connection|ECONNREFUSED|cannot/);
  });

  it('is told of too few replicas, and of a disk that is full', async () => {
    const user = await begin({ config: ['min-replicas-to-write 1'] });
    expect((await errorOf(user)).message).toMatch(/NOREPLICAS: it has too few replicas to accept a write/);
  });

  it('is told what an ACL does not allow, and where to read what it must allow', async () => {
    server = await start();
    const as = async (name: string, ...rules: string[]): Promise<RedisUser> => {
      await server.ask('ACL', 'SETUSER', name, 'on', '>secret', ...rules);
      return new RedisUser(server.url.replace('redis://', `redis://${name}:secret@`), { timeout: '10s' });
    };
    const cases = {
      scripts: await as('a', '~*', '&*', '+@all', '-@scripting'),
      keys: await as('b', '~other:*', '&*', '+@all'),
      sets: await as('c', '~*', '&*', '+@all', '-set'),
    };
    for (const [title, user] of Object.entries(cases)) {
      const error = await errorOf(user);
      expect([title, error]).toEqual([title, expect.any(LockAuthenticationError)]);
      expect(error.message).toMatch(/NOPERM: .*docs\/redis\.md/);
      expect(error.message).not.toMatch(/secret|[0-9a-f]{24}/);
    }
  });

  it('is told that a client may not listen to its channel', async () => {
    server = await start();
    await server.ask('ACL', 'SETUSER', 'a', 'on', '>secret', '~*', 'resetchannels', '+@all');
    const name = anyName();
    const one = new RedisUser(server.url);
    const { grant } = await one.acquire(name);
    const deaf = new RedisUser(server.url.replace('redis://', 'redis://a:secret@'));
    const error = await errorOf(deaf, name);
    expect(error).toBeInstanceOf(LockAuthenticationError);
    expect(error.message).toMatch(/NOPERM/);
    await one.release(grant);
  });

  it.each(['WRONGPASS invalid username-password pair or user is disabled.', 'NOAUTH Authentication required.'])(
    'is told so where the connection was up, and is lost for it: %s',
    async (said) => {
      server = await start();
      let made: Redis | undefined;
      // As through a library that asks whether the server is ready before it has heard of the password.
      const client = wrapped(server.url, () => {
        setImmediate(() => {
          made?.emit('error', new Error(said));
          made?.emit('end');
        });
        return new Promise(() => {});
      });
      const duplicate = client.duplicate.bind(client);
      client.duplicate = (override) => (made = duplicate(override));
      expect(await errorOf(new RedisUser(client))).toBeInstanceOf(LockAuthenticationError);
    },
  );

  it('is told of a wrong password, which is in no message', async () => {
    server = await start({ password: 'right-one' });
    for (const url of [server.url.replace('right-one', 'wrong-one'), server.url.replace(':right-one@', '')]) {
      const error = await errorOf(new RedisUser(url));
      expect(error).toBeInstanceOf(LockAuthenticationError);
      expect(`${error.message}${String(error.stack)}${JSON.stringify(error)}`).not.toMatch(/right-one|wrong-one/);
      expect(error.message).toMatch(/NOAUTH: |WRONGPASS: /);
    }
    await new RedisUser(server.url).acquire(anyName());
  });

  it('refuses another limit of a semaphore than that of others, held or waiting', async () => {
    const user = await begin();
    const name = anyName();
    const { grant } = await user.acquire(name, { limit: 2, permits: 2 });
    const waiting = await user.queue(name, { limit: 2, permits: 1 });
    for (const wait of [true, false]) {
      const { error } = await user.ask(name, { limit: 3, permits: 1, wait }).over();
      expect(error).toBeInstanceOf(LockValidationError);
      expect((error as Error).message).toMatch(/limit 3 .* differs from the limit 2 /);
    }
    await user.release(grant);
    await user.release((await waiting.granted()).grant);
    await user.acquire(name, { limit: 3, permits: 3 });
  });

  it('answers a ping, or says why it does not', async () => {
    const user = await begin();
    await firstValueFrom(user.backend.ping(), { defaultValue: undefined });
    await server.kill();
    await expect(firstValueFrom(user.backend.ping(), { defaultValue: undefined })).rejects.toBeInstanceOf(
      LockNetworkError,
    );
  });
});
