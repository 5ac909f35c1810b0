import { LockNetworkError } from 'rxlock';
import { ExecutionError, ResourceLockedError } from 'rxlock/compat/redlock';
import { expect, it } from 'vitest';
import { describeWithRedises } from '../../support/describe-with-redis.js';
import { until } from '../../support/poll.js';
import type { RedisServer } from '../../support/redis-server.js';
import { useClients } from './support/clients.js';

const AT_ONCE = { retryCount: 0 };

describeWithRedises('Redlock, on three servers', (start) => {
  const { redlock } = useClients();

  async function three(): Promise<readonly [RedisServer, RedisServer, RedisServer]> {
    return Promise.all([start(), start(), start()]);
  }

  async function values(servers: readonly RedisServer[], name: string): Promise<unknown[]> {
    return Promise.all(servers.map((server) => server.ask('GET', name)));
  }

  it('takes a lock on all, extends and releases it on all', async () => {
    const servers = await three();
    const lock = await redlock(servers).acquire(['all'], 5000);
    const stats = await lock.attempts[0]!;
    expect(stats).toMatchObject({ membershipSize: 3, quorumSize: 2 });
    expect(stats.votesFor.size).toBe(3);
    expect(await values(servers, 'all')).toEqual([lock.value, lock.value, lock.value]);
    const { attempts } = await (await lock.extend(8000)).release();
    expect((await attempts[0]!).votesFor.size).toBe(3);
    expect(await values(servers, 'all')).toEqual([null, null, null]);
  });

  it('goes by the majority', async () => {
    const servers = await three();
    await servers[0].ask('SET', 'most', 'another');
    const lock = await redlock(servers).acquire(['most'], 5000, AT_ONCE);
    const stats = await lock.attempts[0]!;
    expect(stats.votesFor.size).toBe(2);
    expect([...stats.votesAgainst.values()]).toEqual([expect.any(ResourceLockedError)]);
    await lock.release();
    expect(await values(servers, 'most')).toEqual(['another', null, null]);
  });

  it('leaves nothing where it had no majority', async () => {
    const servers = await three();
    await servers[0].ask('SET', 'few', 'another');
    await servers[1].ask('SET', 'few', 'another');
    await expect(redlock(servers).acquire(['few'], 60_000, AT_ONCE)).rejects.toThrow(ExecutionError);
    await until(async () => (await servers[2].ask('GET', 'few')) === null);
  });

  it('needs no server of the minority, and does not wait for it', async () => {
    const servers = await three();
    const one = redlock(servers);
    servers[2].pause();
    const lock = await one.acquire(['silent'], 60_000, AT_ONCE);
    const longer = await lock.extend(60_000);
    await longer.release();
    servers[2].resume();
    // What it heard of late is given back there as well.
    await until(async () => (await servers[2].ask('GET', 'silent')) === null);
    await servers[2].kill();
    const next = await one.acquire(['killed'], 5000, AT_ONCE);
    expect([...(await next.attempts[0]!).votesAgainst.values()]).toHaveLength(1);
    await next.release();
  });

  it('stays exclusive when one server is started again empty', async () => {
    const servers = await three();
    const lock = await redlock(servers).acquire(['emptied'], 60_000);
    await servers[0].restart({ isEmpty: true });
    const other = redlock(servers);
    await expect(other.acquire(['emptied'], 5000, AT_ONCE)).rejects.toThrow(ExecutionError);
    await lock.extend(60_000);
    await expect(other.acquire(['emptied'], 5000, AT_ONCE)).rejects.toThrow(ExecutionError);
  });

  it('never adds up the votes of two rounds, in which the same server agrees', async () => {
    const servers = await three();
    const one = redlock(servers, { retryCount: 1, retryDelay: 1, retryJitter: 0 });
    // Then the servers know the scripts, and what goes back is before what is asked next.
    await (await one.acquire(['known'], 5000)).release();
    await servers[0].ask('SET', 'rounds', 'another');
    await servers[1].ask('SET', 'rounds', 'another');
    const error: unknown = await one.acquire(['rounds'], 5000).catch((thrown: unknown) => thrown);
    const stats = await Promise.all((error as ExecutionError).attempts);
    expect(stats.map(({ votesFor }) => votesFor.size)).toEqual([1, 1]);
    await until(async () => (await servers[2].ask('GET', 'rounds')) === null);
  });

  it('says that it is the network if most are out of reach', async () => {
    const servers = await three();
    const one = redlock(servers);
    const lock = await one.acquire(['reach'], 60_000);
    await Promise.all([servers[1].kill(), servers[2].kill()]);
    const short = { retryCount: 1, retryDelay: 1 };
    await expect(one.acquire(['reach'], 5000, short)).rejects.toThrow(LockNetworkError);
    await expect(one.extend(lock, 5000, short)).rejects.toThrow(LockNetworkError);
    await expect(lock.release()).rejects.toThrow(LockNetworkError);
  });
});
