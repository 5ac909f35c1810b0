import { afterEach, expect, it } from 'vitest';
import { LockNetworkError } from '../../../../src/index.js';
import { describeWithRedises } from '../../../support/describe-with-redis.js';
import { until } from '../../../support/poll.js';
import type { RedisServer } from '../../../support/redis-server.js';
import { keysOf } from './support/keys-of.js';
import { anyName, RedisUser, type Wanted } from './support/redis-user.js';

const WAYS: readonly (readonly [title: string, wanted: Wanted])[] = [
  ['alone', {}],
  ['shared', { mode: 'shared' }],
  ['permits', { limit: 2, permits: 1 }],
];

describeWithRedises('replicas', (start) => {
  afterEach(() => RedisUser.closeAll());
  const pair = async (): Promise<readonly [RedisServer, RedisServer]> => {
    const master = await start();
    const replica = await start({ replicaOf: master });
    await master.ask('SET', 'any', 'x');
    await until(async () => (await master.ask('WAIT', 1, 100)) === 1, 'the replica');
    return [master, replica];
  };

  it.each(WAYS)('have a grant before it counts: %s', async (_, wanted) => {
    const [master, replica] = await pair();
    const user = new RedisUser(master.url, { replicas: 1 });
    const name = anyName();
    await user.acquire(name, wanted);
    expect((await keysOf(replica, name)).length).toBe((await keysOf(master, name)).length);
  });

  it.each(WAYS)('give a grant back if there are too few: %s', async (_, wanted) => {
    const [master] = await pair();
    const user = new RedisUser(master.url, { replicas: 2, timeout: '4s' });
    const name = anyName();
    const { error, types } = await user.ask(name, wanted).over();
    expect(error).toBeInstanceOf(LockNetworkError);
    const kind = 'limit' in wanted ? 'semaphore' : 'lock';
    expect((error as Error).message).toContain(`too few replicas have the ${kind} '`);
    expect(types).not.toContain('granted');
    await until(async () => (await keysOf(master, name)).every((key) => key.endsWith('f')), 'its return');
  });

  it('give a grant back if they are silent, also where the server had forgotten the script', async () => {
    const [master, replica] = await pair();
    const user = new RedisUser(master.url, { replicas: 1, timeout: '4s' });
    await user.release((await user.acquire(anyName())).grant);
    replica.pause();
    try {
      for (const forgets of [false, true]) {
        if (forgets) await master.ask('SCRIPT', 'FLUSH');
        const name = anyName();
        const { error } = await user.ask(name).over();
        expect(error).toBeInstanceOf(LockNetworkError);
        expect((error as Error).message).toContain('too few replicas');
        await until(async () => (await keysOf(master, name)).join() === 'f', 'its return');
      }
    } finally {
      replica.resume();
    }
    await user.acquire(anyName());
  });

  it('do not matter to who holds it already', async () => {
    const [master, replica] = await pair();
    const user = new RedisUser(master.url, { replicas: 1, timeout: '4s' });
    const { grant } = await user.acquire(anyName());
    await replica.kill();
    await expect(user.renew(grant)).resolves.toMatchObject({ outcome: 'renewed' });
    await expect(user.release(grant)).resolves.toMatchObject({ outcome: 'released' });
  });
});
