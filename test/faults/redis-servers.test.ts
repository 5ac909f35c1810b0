import { Cluster, Redis } from 'ioredis';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { describeWithRedises, describeWithSharedRedis } from '../support/describe-with-redis.js';
import { TEST_TLS } from '../support/dflockd-tls.js';
import { RedisCluster } from '../support/redis-cluster.js';
import { RedisSentinels } from '../support/redis-sentinels.js';
import { RedisServer } from '../support/redis-server.js';

// What the rows about Redis trust in: that what breaks down does so, and keeps what it should.
describeWithRedises('a Redis for tests', (start) => {
  it('has forgotten all when it was killed', async () => {
    const server = await start();
    await server.ask('SET', 'a', '1');
    await server.restart();
    expect(await server.ask('GET', 'a')).toBeNull();
  });

  it('has kept all when it was killed, if it writes it down', async () => {
    const server = await start({ appendonly: true });
    await server.ask('SET', 'a', '1');
    await server.restart();
    expect(await server.ask('GET', 'a')).toBe('1');
    await server.restart({ isEmpty: true });
    expect(await server.ask('GET', 'a')).toBeNull();
  });

  it('answers nothing while it is paused', async () => {
    const server = await start();
    await server.ask('PING');
    server.pause();
    let isAnswered = false;
    const answer = server.ask('PING').then(() => (isAnswered = true));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(isAnswered).toBe(false);
    server.resume();
    await answer;
  });

  it('asks for a password, knows its users, and speaks TLS', async () => {
    const users = ['alice on >apple ~a* &* +@all'];
    const server = await start({ password: 'p@ss', users, tls: TEST_TLS });
    expect(server.url).toBe(`rediss://:p%40ss@127.0.0.1:${String(server.port)}`);
    const { host, port } = server;
    const alice = new Redis({ host, port, username: 'alice', password: 'apple', tls: { ca: TEST_TLS.cert } });
    expect(await alice.set('a', '1')).toBe('OK');
    await expect(alice.set('b', '1')).rejects.toThrow('NOPERM');
    alice.disconnect();
  });

  it('leaves nothing behind', async () => {
    const server = await RedisServer.start();
    const { pid, folder } = server;
    server.pause();
    await server.stop();
    expect(() => process.kill(pid!, 0)).toThrow('ESRCH');
    expect(existsSync(folder)).toBe(false);
  });
});

describe('Sentinels for tests', () => {
  for (const isBlind of [false, true]) {
    describeWithSharedRedis(
      isBlind ? 'whose replica hears nothing' : 'whose replica hears all',
      () => RedisSentinels.start(),
      (sentinels) => {
        it('promote it when its master is killed', async () => {
          const { master, replica } = sentinels();
          expect(await sentinels().current()).toBe(master);
          await master.ask('SET', 'before', '1');
          await master.ask('WAIT', 1, 0);
          if (isBlind) await sentinels().blind();
          await master.ask('SET', 'a', '1');
          if (!isBlind) await master.ask('WAIT', 1, 0);
          await sentinels().failOver();
          expect(await sentinels().current()).toBe(replica);
          expect(await replica.admin.mget('before', 'a')).toEqual(['1', isBlind ? null : '1']);
        });
      },
    );
  }
});

describeWithSharedRedis(
  'a Redis Cluster for tests',
  () => RedisCluster.start(),
  (cluster) => {
    it('serves each key, also after its slot has moved, and after its master was killed', async () => {
      const client = new Cluster([...cluster().addresses]);
      await client.set('a', '1');
      const slot = await cluster().slotOf('a');
      const from = await cluster().masterOf('a');
      const to = await cluster().migrateSlot(slot, () => client.set('{a}more', '2'));
      expect(to).not.toBe(from);
      expect(await cluster().masterOf('a')).toBe(to);
      expect(await client.mget('a', '{a}more')).toEqual(['1', '2']);
      await to.ask('WAIT', 1, 0);
      expect(await cluster().killMasterOf('a')).toBe(to);
      const next = await cluster().takenOver('a', to);
      expect(next).not.toBe(to);
      expect(await client.get('a')).toBe('1');
      client.disconnect();
    });
  },
);
