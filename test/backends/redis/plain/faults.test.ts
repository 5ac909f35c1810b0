import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { redis } from '../../../../src/backends/redis/index.js';
import { createLocks, type Locks } from '../../../../src/index.js';
import { describeWithRedises } from '../../../support/describe-with-redis.js';
import { until } from '../../../support/poll.js';
import { FaultProxy } from '../../../support/proxy.js';

describeWithRedises("redis(…, { keys: 'plain' }), if something fails", (start) => {
  const all: Locks[] = [];
  afterEach(async () => {
    await Promise.all(all.splice(0).map((one) => one.close()));
  });

  function locks(port: number): Locks {
    const made = createLocks(redis(`redis://127.0.0.1:${String(port)}`, { keys: 'plain', timeout: '500ms' }));
    all.push(made);
    return made;
  }

  it('believes in a lock until its deadline, when nothing is answered any more', async () => {
    const server = await start();
    const lease = await locks(server.port).acquire('silent', '1s');
    const end = performance.now() + 1000;
    server.pause();
    let looked = performance.now();
    for (; lease.isHeld; await sleep(1)) looked = performance.now();
    expect(looked).toBeLessThan(end);
    server.resume();
  });

  it('gives back what was granted by an answer that was lost', async () => {
    const server = await start();
    const proxy = await FaultProxy.start(server.port);
    const ours = locks(proxy.port);
    await (await ours.acquire('lost', '30s')).release();
    const lost = proxy.loseReply('lost', 'reset');
    const asked = ours.acquire('lost', '30s', { retry: { count: 0 } });
    await lost;
    await expect(asked).rejects.toThrow();
    await until(async () => (await server.ask('EXISTS', 'lost')) === 0);
    await proxy.stop();
  });

  it('grants nothing late: what waited on its way is refused by the server', async () => {
    const server = await start();
    const proxy = await FaultProxy.start(server.port);
    const ours = locks(proxy.port);
    await (await ours.acquire('late', '30s')).release();
    const held = proxy.hold('late');
    const asked = ours.acquire('late', '30s', { retry: { count: 0 } });
    await held.arrived;
    await expect(asked).rejects.toThrow();
    held.release();
    await until(async () => (await server.ask('EXISTS', 'late')) === 0);
    await proxy.stop();
  });

  it('renews and releases on a server that has no memory left', async () => {
    const server = await start();
    const ours = locks(server.port);
    const lease = await ours.acquire('full', '30s');
    await server.ask('CONFIG', 'SET', 'maxmemory', '1');
    await lease.extend('60s');
    expect(await server.ask('PTTL', 'full')).toBeGreaterThan(40_000);
    await lease.release();
    await until(async () => (await server.ask('EXISTS', 'full')) === 0);
  });
});
