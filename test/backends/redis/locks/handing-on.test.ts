import { firstValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import type { AcquireSignal, Grant } from '../../../../src/contract/backend.js';
import { LockLostError, LockNetworkError, LockValidationError } from '../../../../src/index.js';
import { describeWithRedis } from '../../../support/describe-with-redis.js';
import { until } from '../../../support/poll.js';
import { keysOf } from './support/keys-of.js';
import { anyName, RedisUser, type Granted } from './support/redis-user.js';
import { wrapped } from './support/wrapped.js';
import { useProxy } from './support/use-proxy.js';

describeWithRedis('handing on', (server) => {
  const proxy = useProxy(server);
  const user = (options = {}): RedisUser => new RedisUser(server().url, options);
  const adopt = (by: RedisUser, name: string, secret: string, strays: Grant[] = []): Promise<AcquireSignal> =>
    firstValueFrom(
      by.backend.adopt!(name, secret, {
        name,
        ttl: 20_000,
        wait: false,
        holder: 'heir',
        stray: (grant) => strays.push(grant),
      }),
    );
  const detached = (by: RedisUser, grant: Grant): Promise<string> => firstValueFrom(by.backend.detach!(grant));

  it.each([
    ['alone', {}],
    ['shared', { mode: 'shared' }],
    ['permits', { limit: 5, permits: 3 }],
  ] as const)('goes to whoever adopts it, with its token and metadata, and only once: %s', async (_, wanted) => {
    const name = anyName();
    const [one, two] = [user(), user()];
    const { grant } = await one.acquire(name, { ...wanted, metadata: 'a\nb' });
    const secret = await detached(one, grant);
    const kind = 'limit' in wanted ? 'semaphore' : 'lock';
    await expect(detached(one, grant)).rejects.toThrow(`the ${kind} '${name}' is not held, or was handed on before`);
    await expect(one.renew(grant)).resolves.toMatchObject({ outcome: 'refused' });
    await expect(one.release(grant)).resolves.toMatchObject({ outcome: 'gone' });
    const adopted = (await adopt(two, name, secret)) as Granted;
    expect(adopted).toMatchObject({
      type: 'granted',
      confirm: true,
      grant: { name, fencingToken: grant.fencingToken, metadata: 'a\nb', holder: 'heir' },
    });
    await expect(adopt(one, name, secret)).rejects.toBeInstanceOf(LockLostError);
    await expect(two.renew(adopted.grant)).resolves.toMatchObject({ outcome: 'renewed' });
    await expect(detached(one, grant)).rejects.toBeInstanceOf(LockLostError);
    await expect(two.release(adopted.grant)).resolves.toMatchObject({ outcome: 'released' });
    await two.acquire(name, { ...wanted, wait: false });
  });

  it('adopts nothing of another name, nothing that has run out, and nothing with a changed secret', async () => {
    const [name, other] = [anyName(), anyName()];
    const one = user();
    const { grant } = await one.acquire(name, { limit: 5, permits: 1 });
    await one.acquire(other, { limit: 5, permits: 1 });
    const secret = await detached(one, grant);
    await expect(adopt(one, other, secret)).rejects.toBeInstanceOf(LockLostError);
    await expect(adopt(one, name, secret.replace('1/5', '4/5'))).rejects.toBeInstanceOf(LockLostError);
    await expect(adopt(one, name, secret.replace('1/5', 's'))).rejects.toBeInstanceOf(LockLostError);
    await expect(adopt(one, name, secret)).resolves.toMatchObject({ type: 'granted' });

    const short = anyName();
    const brief = await detached(one, (await one.acquire(short, { ttl: 1000 })).grant);
    await until(async () => !(await keysOf(server(), short)).includes('x'), 'its end');
    await expect(adopt(one, short, brief)).rejects.toBeInstanceOf(LockLostError);
  });

  it.each(['', 'x', 'abc/x', `${'0'.repeat(24)}/y`, `${'0'.repeat(24)}/x and more`, 'rxlock:something', '\n'])(
    'refuses a foreign text without repeating it: %j',
    async (text) => {
      const error = await adopt(user(), anyName(), text).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(LockValidationError);
      expect(error).toMatchObject({ option: 'handle' });
      if (text.length > 2) expect((error as Error).message).not.toContain(text);
    },
  );

  it('gives back what it adopted without an answer', async () => {
    const name = anyName();
    const one = user();
    const two = new RedisUser(`redis://127.0.0.1:${String(proxy().port)}`, { timeout: '10s' });
    await firstValueFrom(two.backend.status(name));
    const secret = await detached(one, (await one.acquire(name)).grant);
    const lost = proxy().loseReply(secret.slice(0, 24), 'reset');
    await expect(adopt(two, name, secret)).rejects.toBeInstanceOf(LockNetworkError);
    await lost;
    await until(async () => !(await keysOf(server(), name)).includes('x'), 'its return');
  });

  it('fails, and gives it back, if what is told of it is no fencing token', async () => {
    const name = anyName();
    const one = user();
    const client = wrapped(server().url, async (call, command, args) => {
      const reply = await call(command, args);
      const isAdoption = args.includes('heir') && Array.isArray(reply);
      return isAdoption ? [(reply as readonly unknown[])[0], 'no token'] : reply;
    });
    const two = new RedisUser(client);
    const secret = await detached(one, (await one.acquire(name)).grant);
    await expect(adopt(two, name, secret)).rejects.toBeInstanceOf(LockNetworkError);
    await until(async () => !(await keysOf(server(), name)).includes('x'), 'its return');
  });

  it('is stray if nobody waits for the answer any more', async () => {
    const name = anyName();
    const [one, two] = [user(), user()];
    const secret = await detached(one, (await one.acquire(name)).grant);
    const strays: Grant[] = [];
    const request = { name, ttl: 20_000, wait: false, holder: 'heir', stray: (grant: Grant) => strays.push(grant) };
    two.backend.adopt!(name, secret, request).subscribe().unsubscribe();
    await until(() => strays.length === 1, 'the stray grant');
    await expect(two.release(strays[0]!)).resolves.toMatchObject({ outcome: 'released' });
  });
});
