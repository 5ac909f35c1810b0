import { inspect } from 'node:util';
import { afterEach, expect, it } from 'vitest';
import { describeWithRedis } from '../../../support/describe-with-redis.js';
import { anyName, RedisUser } from './support/redis-user.js';

describeWithRedis('the owner of a lock', (server) => {
  afterEach(() => RedisUser.closeAll());

  it('is not in what is printed of who waits for it', async () => {
    const name = anyName();
    const user = new RedisUser(server().url);
    await user.acquire(name);
    const waiting = await user.queue(name);
    const [member] = (await server().ask('ZRANGE', `rxlock:{${name}}:q`, 0, 0)) as readonly string[];
    const shown = inspect([waiting, user.backend], { depth: 20, showHidden: true });
    expect(shown).not.toContain(member!.slice(0, 16));
    waiting.leave();
  });
});
