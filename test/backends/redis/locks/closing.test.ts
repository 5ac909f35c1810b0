import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { LockClosedError } from '../../../../src/index.js';
import { createLocks } from '../../../../src/locks/create-locks.js';
import { redis } from '../../../../src/backends/redis/index.js';
import { describeWithRedis } from '../../../support/describe-with-redis.js';
import { until } from '../../../support/poll.js';
import { FaultProxy } from '../../../support/proxy.js';
import { runProgram } from '../../../support/run-program.js';
import { keysOf } from './support/keys-of.js';
import { anyName, RedisUser } from './support/redis-user.js';

const PROGRAM = 'test/backends/redis/locks/support/ending-program.ts';

// Other processes take their time to start on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

describeWithRedis('the close', (server) => {
  let proxy: FaultProxy;
  const rejections: unknown[] = [];
  const note = (reason: unknown): void => {
    rejections.push(reason);
  };
  beforeEach(async () => {
    process.on('unhandledRejection', note);
    proxy = await FaultProxy.start(server().port);
  });
  afterEach(async () => {
    await proxy.heal();
    await RedisUser.closeAll();
    await proxy.stop();
    process.off('unhandledRejection', note);
    expect(rejections).toEqual([]);
  });
  const through = (options = {}): RedisUser =>
    new RedisUser(`redis://127.0.0.1:${String(proxy.port)}`, { timeout: '10s', ...options });

  it('turns away who waits, and takes him out of the queue', async () => {
    const name = anyName();
    const [one, two] = [new RedisUser(server().url), through()];
    const { grant } = await one.acquire(name);
    const waiting = await two.queue(name);
    await two.backend.close();
    expect(waiting.error).toBeInstanceOf(LockClosedError);
    expect(await keysOf(server(), name)).toEqual(['f', 'x']);
    await one.release(grant);
  });

  it.each([
    ['turned away', false],
    ['left before', true],
  ])('gives back what was asked for and not answered: %s', async (_, leaves) => {
    const name = anyName();
    const user = through();
    await user.status(name);
    const held = proxy.hold(name);
    const attempt = user.ask(name);
    await held.arrived;
    if (leaves) attempt.leave();
    const closed = user.backend.close();
    held.release();
    await closed;
    if (!leaves) expect(attempt.error).toBeInstanceOf(LockClosedError);
    expect((await keysOf(server(), name)).filter((key) => key !== 'f')).toEqual([]);
  });

  it('comes to its end although nothing is answered, and nothing is tried after that', async () => {
    const name = anyName();
    const [one, two] = [new RedisUser(server().url), through({ timeout: '1s' })];
    await one.acquire(name);
    const waiting = await two.queue(name);
    proxy.blackhole();
    const asking = two.ask(anyName());
    const before = performance.now();
    await two.backend.close();
    expect(performance.now() - before).toBeLessThan(8000);
    expect([waiting.error, asking.error]).toEqual([expect.any(LockClosedError), expect.any(LockClosedError)]);
    const { opened } = proxy;
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(proxy.opened).toBe(opened);
  });

  it('is the same when it is called again, and everything after it is refused', async () => {
    const user = new RedisUser(server().url);
    const { grant } = await user.acquire(anyName());
    const first = user.backend.close();
    expect(user.backend.close()).toBe(first);
    await first;
    expect((await user.ask(anyName()).over()).error).toBeInstanceOf(LockClosedError);
    await expect(user.status(anyName())).rejects.toBeInstanceOf(LockClosedError);
    await expect(user.backend.guarded({ name: 'a', fencingToken: 1n }, 'return 1')).rejects.toBeInstanceOf(
      LockClosedError,
    );
    await expect(user.renew(grant)).resolves.toMatchObject({ outcome: 'unknown' });
    await expect(user.release(grant)).resolves.toMatchObject({ outcome: 'unknown' });
    await until(
      async () => !((await server().ask('CLIENT', 'LIST', 'TYPE', 'pubsub')) as string).includes('id='),
      'no listener',
    );
  });

  it('closes what was never opened', async () => {
    await redis(server().url).close();
  });

  it('does not touch the client that it was given', async () => {
    const client = server().admin.duplicate({ lazyConnect: true });
    await client.connect();
    const locks = createLocks(redis(client));
    await locks.using(anyName(), '5s', async () => undefined);
    await locks.close();
    expect(client.status).toBe('ready');
    await expect(client.ping()).resolves.toBe('PONG');
    client.disconnect();
  });

  it('is through once all who use it have closed', async () => {
    const backend = redis(server().url);
    const [a, b] = [createLocks(backend), createLocks(backend)];
    const name = anyName();
    const lease = await a.acquire(name, '10s');
    await b.close();
    expect(lease.isHeld).toBe(true);
    await a.close();
    expect(await keysOf(server(), name)).toEqual(['f']);
  });

  it.each(['waited', 'held', 'idle', 'closed'])('keeps no process that has nothing left to do: %s', async (what) => {
    const name = anyName();
    const one = new RedisUser(server().url);
    if (what === 'waited') await one.acquire(name);
    const ended = await runProgram(PROGRAM, server().url, name, what);
    expect(ended).toEqual({ code: 0, out: 'done\n', errors: '' });
  });
});
