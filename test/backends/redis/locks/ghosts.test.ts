import { firstValueFrom } from 'rxjs';
import { beforeEach, expect, it, vi } from 'vitest';
import { SCRIPTS, shaOf } from '../../../faults/support/redis-scripts.js';
import { describeWithRedis } from '../../../support/describe-with-redis.js';
import { until } from '../../../support/poll.js';
import { keysOf } from './support/keys-of.js';
import { anyName, RedisUser, type Attempt, type Wanted } from './support/redis-user.js';
import { useProxy } from './support/use-proxy.js';

const WAYS: readonly (readonly [title: string, wanted: Wanted, script: 'acquire' | 'enter'])[] = [
  ['alone', {}, 'acquire'],
  ['shared', { mode: 'shared' }, 'enter'],
  ['permits', { limit: 4, permits: 4 }, 'enter'],
];
/** How it ends for who asked, and what is waited for then. */
const ENDS: readonly (readonly [title: string, end: (user: RedisUser, attempt: Attempt) => unknown])[] = [
  ['left', (_, attempt) => attempt.leave()],
  ['closed', (user) => user.backend.close()],
  ['left and closed', (user, attempt) => (attempt.leave(), user.backend.close())],
];
const CASES = WAYS.flatMap(([way, wanted, script]) =>
  ENDS.map(([how, end]) => [way, how, wanted, script, end] as const),
);
/** Milliseconds. */
const TIMEOUT = 3000;

vi.setConfig({ testTimeout: 60_000 });

describeWithRedis('a grant whose answer never comes', (server) => {
  const proxy = useProxy(server);
  let user: RedisUser;
  beforeEach(async () => {
    // Then what is sent is the name of the script.
    for (const script of SCRIPTS) await server().ask('SCRIPT', 'LOAD', script);
    user = new RedisUser(`redis://127.0.0.1:${String(proxy().port)}`, { timeout: TIMEOUT });
    await user.status(anyName());
  });
  const isTaken = async (name: string): Promise<boolean> =>
    (await keysOf(server(), name)).some((key) => !key.endsWith('f'));

  it.each(CASES)('is given back where the answer is held back: %s, %s', async (_, __, wanted, script, end) => {
    const name = anyName();
    const held = proxy().hold(shaOf(script), 'reply');
    const attempt = user.ask(name, wanted);
    await held.arrived;
    await until(() => isTaken(name), 'the grant');
    await end(user, attempt);
    await until(async () => !(await isTaken(name)), 'the end of the grant', TIMEOUT + 2000);
    held.release();
  });

  it.each(CASES)(
    'is given back where the request itself comes late, by a connection that is lost: %s, %s',
    async (_, __, wanted, script, end) => {
      const name = anyName();
      const held = proxy().hold(shaOf(script));
      const attempt = user.ask(name, wanted);
      await held.arrived;
      proxy().sever('client', 'reset');
      const ended = end(user, attempt);
      // So late that what was given back at once is not all.
      await new Promise((resolve) => setTimeout(resolve, 500));
      held.release();
      // It may be over already: what stays of it is its fencing token.
      await until(
        async () => (await keysOf(server(), name)).some((key) => key.endsWith('f')),
        'the grant that nobody waits for',
      );
      await ended;
      await until(async () => !(await isTaken(name)), 'the end of the grant', TIMEOUT + 2000);
    },
  );

  it.each(['reply', 'request'] as const)(
    'is given back if it was to be adopted, and the client closed: %s',
    async (what) => {
      const name = anyName();
      const { grant } = await user.acquire(name);
      const secret = await firstValueFrom(user.backend.detach!(grant));
      const heir = new RedisUser(`redis://127.0.0.1:${String(proxy().port)}`, { timeout: TIMEOUT });
      await heir.status(name);
      const held = proxy().hold(shaOf('adopt'), what);
      const request = { name, ttl: 30_000, wait: false, holder: 'heir', stray: () => undefined };
      heir.backend.adopt!(name, secret, request).subscribe({ error: () => undefined });
      await held.arrived;
      const closed = heir.backend.close();
      held.release();
      await closed;
      await until(async () => !(await isTaken(name)), 'the end of the grant', TIMEOUT + 2000);
    },
  );

  it('does not keep the close waiting once it is answered', async () => {
    const name = anyName();
    const slow = new RedisUser(server().url, { timeout: '20s' });
    await slow.status(name);
    const attempt = slow.ask(name);
    const before = performance.now();
    await slow.backend.close();
    expect(performance.now() - before).toBeLessThan(10_000);
    expect(attempt.error).toBeDefined();
    expect(await isTaken(name)).toBe(false);
  });
});
