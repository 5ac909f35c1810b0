import { LockNetworkError } from 'rxlock';
import { expect, it } from 'vitest';
import { describeWithRedises } from '../../support/describe-with-redis.js';
import { until } from '../../support/poll.js';
import { FaultProxy } from '../../support/proxy.js';
import type { RedisServer } from '../../support/redis-server.js';
import { useClients } from './support/clients.js';

const AT_ONCE = { retryCount: 0 };

describeWithRedises('Redlock, through a network that fails', (start) => {
  const { redlock } = useClients();

  async function behindProxy(): Promise<readonly [RedisServer, FaultProxy]> {
    const server = await start();
    return [server, await FaultProxy.start(server.port)];
  }

  it('gives back what was granted after it had given up', async () => {
    const [server, proxy] = await behindProxy();
    const one = redlock([proxy]);
    await (await one.acquire(['late'], 60_000)).release();
    const held = proxy.hold('late');
    const asked = one.acquire(['late'], 300, AT_ONCE);
    await held.arrived;
    await expect(asked).rejects.toThrow(LockNetworkError);
    held.release();
    await until(async () => (await server.ask('EXISTS', 'late')) === 0);
    await proxy.stop();
  });

  it('gives back what was granted by an answer that was lost', async () => {
    const [server, proxy] = await behindProxy();
    const one = redlock([proxy]);
    await (await one.acquire(['lost'], 60_000)).release();
    const lost = proxy.loseReply('lost', 'reset');
    const asked = one.acquire(['lost'], 60_000, AT_ONCE);
    await lost;
    await expect(asked).rejects.toThrow(LockNetworkError);
    await until(async () => (await server.ask('EXISTS', 'lost')) === 0);
    await proxy.stop();
  });

  it('releases what it could not release at first', async () => {
    const [server, proxy] = await behindProxy();
    const one = redlock([proxy]);
    const lock = await one.acquire(['again'], 60_000);
    await proxy.refuse();
    await expect(lock.release()).rejects.toThrow(LockNetworkError);
    await proxy.heal();
    await until(async () => (await server.ask('EXISTS', 'again')) === 0);
    await proxy.stop();
  });

  it('extends a lock although the first answer was lost, and tells nobody that it is gone', async () => {
    const [server, proxy] = await behindProxy();
    const one = redlock([proxy], { retryDelay: 10 });
    const lock = await (await one.acquire(['extended'], 60_000)).extend(60_000);
    const lost = proxy.loseReply('extended', 'reset');
    const longer = lock.extend(120_000);
    await lost;
    expect((await longer).attempts).toHaveLength(2);
    expect(await server.ask('GET', 'extended')).toBe(lock.value);
    await proxy.stop();
  });

  it('releases a lock whose first answer to that was lost, and says so', async () => {
    const [server, proxy] = await behindProxy();
    const one = redlock([proxy]);
    // Then the server knows the script, and it is run at the first request.
    await (await one.acquire(['twice'], 60_000)).release();
    const lock = await one.acquire(['twice'], 60_000);
    const lost = proxy.loseReply('twice', 'reset');
    const released = lock.release();
    await lost;
    await released;
    expect(await server.ask('EXISTS', 'twice')).toBe(0);
    await proxy.stop();
  });

  it('sends no acquire once it has given up, not even when the server comes to know the script', async () => {
    const [server, proxy] = await behindProxy();
    const one = redlock([proxy]);
    const held = proxy.hold('unsent', 'reply');
    const asked = one.acquire(['unsent'], 300, AT_ONCE);
    await held.arrived;
    await expect(asked).rejects.toThrow(LockNetworkError);
    held.release();
    await (await one.acquire(['other'], 5000)).release();
    expect(await server.ask('EXISTS', 'unsent')).toBe(0);
    await proxy.stop();
  });
});
