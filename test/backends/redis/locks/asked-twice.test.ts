import { setTimeout as sleep } from 'node:timers/promises';
import { firstValueFrom } from 'rxjs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SCRIPTS, shaOf } from '../../../faults/support/redis-scripts.js';
import { describeWithRedis } from '../../../support/describe-with-redis.js';
import { until } from '../../../support/poll.js';
import { FaultProxy, type HeldRequest } from '../../../support/proxy.js';
import { keysOf } from './support/keys-of.js';
import { anyName, RedisUser, type Granted, type Wanted } from './support/redis-user.js';

const WAYS: readonly (readonly [title: string, wanted: Wanted])[] = [
  ['alone', {}],
  ['shared', { mode: 'shared' }],
  ['permits', { limit: 4, permits: 4 }],
];
/** Of who asks twice. Milliseconds. */
const TIMEOUT = 3000;

describeWithRedis('what was asked for twice, as the first question was taken for lost', (server) => {
  let proxy: FaultProxy;
  let other: RedisUser;
  beforeEach(async () => {
    proxy = await FaultProxy.start(server().port);
    other = new RedisUser(server().url);
    // Then what is sent is the name of the script.
    for (const script of SCRIPTS) await server().ask('SCRIPT', 'LOAD', script);
  });
  afterEach(async () => {
    await proxy.heal();
    await RedisUser.closeAll();
    await proxy.stop();
  });

  /** Somebody whose turn it is, whose question is held on a connection that he takes for lost, and who got the lock by another. */
  async function askedTwice(name: string, wanted: Wanted): Promise<readonly [RedisUser, Granted, HeldRequest]> {
    const user = new RedisUser(`redis://127.0.0.1:${String(proxy.port)}`, { timeout: TIMEOUT });
    const before = await other.acquire(name, wanted.limit === undefined ? {} : wanted);
    const attempt = await user.queue(name, wanted);
    const first = proxy.hold(shaOf('enter'));
    await other.release(before.grant);
    await first.arrived;
    proxy.sever('client');
    return [user, await attempt.granted(), first];
  }

  /** The first question has been granted, to nobody. */
  function isTakenByNobody(name: string): Promise<void> {
    return until(async () => {
      const keys = await keysOf(server(), name);
      return keys.includes('x') || keys.includes('sh');
    }, 'the grant that nobody waits for');
  }

  it.each(WAYS)(
    'is given back if that one is granted after all, when the lock was given back: %s',
    async (_, wanted) => {
      const name = anyName();
      const [user, { grant }, first] = await askedTwice(name, wanted);
      await expect(user.release(grant)).resolves.toMatchObject({ outcome: 'released' });
      first.release();
      await isTakenByNobody(name);
      const since = performance.now();
      await other.acquire(name, wanted.limit === undefined ? {} : wanted);
      expect(performance.now() - since).toBeLessThan(2 * TIMEOUT);
    },
  );

  it('is given back if that one is granted after all, when the lock was revoked', async () => {
    const name = anyName();
    const [user, { grant }, first] = await askedTwice(name, {});
    await firstValueFrom(other.backend.revoke(name), { defaultValue: undefined });
    await expect(user.renew(grant)).resolves.toMatchObject({ outcome: 'refused' });
    first.release();
    await isTakenByNobody(name);
    const since = performance.now();
    await other.acquire(name);
    expect(performance.now() - since).toBeLessThan(2 * TIMEOUT);
  });

  it.each(WAYS)('stays his who has it: %s', async (_, wanted) => {
    const name = anyName();
    const [user, { grant }, first] = await askedTwice(name, wanted);
    first.release();
    await sleep(TIMEOUT + 500);
    await expect(user.renew(grant)).resolves.toMatchObject({ outcome: 'renewed' });
    await expect(user.release(grant)).resolves.toMatchObject({ outcome: 'released' });
    await until(async () => (await keysOf(server(), name)).every((key) => key.endsWith('f')), 'nothing left');
  });

  it('stays his who can adopt it', async () => {
    const name = anyName();
    const [user, { grant }, first] = await askedTwice(name, {});
    await firstValueFrom(user.backend.detach!(grant));
    first.release();
    await sleep(TIMEOUT + 500);
    await expect(other.status(name)).resolves.toMatchObject({ fencingToken: grant.fencingToken });
  });
});
