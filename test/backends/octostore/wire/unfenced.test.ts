import { afterEach, describe, expect, it } from 'vitest';
import { octostore, octostoreElection } from '../../../../src/backends/octostore/index.js';
import { OctoStoreClient } from '../../../../src/compat/octostore/index.js';
import { LockUnsupportedError } from '../../../../src/contract/errors.js';
import { createLocks } from '../../../../src/locks/create-locks.js';
import { FrontServer } from '../../../support/octostore-front.js';
import { anyName } from '../../../support/octostore-client.js';
import { until } from '../../../support/poll.js';

describe.each(['octostore', 'documents'] as const)('a server without fencing tokens, in the dialect %s', (dialect) => {
  let server: FrontServer;
  let closing: { close(): Promise<unknown> }[] = [];
  const start = async () => {
    server = await FrontServer.start({ dialect, fencing: false });
    return { baseUrl: server.url, token: server.tokens.alice };
  };
  const isFree = async (name: string): Promise<boolean> => {
    const { json } = await server.ask('GET', `/locks/${encodeURIComponent(name)}`);
    return (json as { status: string }).status === 'free';
  };
  afterEach(async () => {
    await Promise.all(closing.map((one) => one.close()));
    closing = [];
    await server.stop();
  });

  it('is refused by octostore() at once, with what to do, and keeps nothing', async () => {
    const locks = createLocks(octostore(await start()));
    closing.push(locks);
    const name = anyName();
    const error: unknown = await locks.acquire(name, '30s').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(LockUnsupportedError);
    expect(error).toMatchObject({ message: expect.stringContaining('--data') as string, retryable: false });
    await until(() => isFree(name), 'the end of what was granted');
  });

  it('is refused by octostoreElection() at once, and loses its leader', async () => {
    const { baseUrl } = await start();
    const id = 'unfenced-election';
    const locks = createLocks(octostoreElection({ baseUrl, id }));
    closing.push(locks);
    await expect(locks.acquire(id, '30s')).rejects.toThrow(LockUnsupportedError);
    await until(async () => {
      const { json } = await server.ask('GET', `/elections/${id}`);
      return (json as { status: string }).status === 'vacant';
    }, 'the resignation');
  });

  it.each([false, true])(
    'works with acquireLock, which shows no token; with a session of its own: %s',
    async (session) => {
      const client = new OctoStoreClient({ ...(await start()), session });
      closing.push(client);
      const { lease_id, ...rest } = await client.acquireLock('unfenced', 30);
      expect(rest).toEqual({ status: 'acquired', expires_at: expect.any(String) as string });
      expect(await client.listLocks()).toMatchObject([{ name: 'unfenced', lease_id, fencing_token: 0 }]);
      await client.renewLock('unfenced', lease_id!, 60);
      await client.close();
      expect(await isFree('unfenced')).toBe(true);
    },
  );

  it('is refused by withLock at once', async () => {
    const client = new OctoStoreClient(await start());
    closing.push(client);
    await expect(client.withLock('unfenced', 30, () => Promise.resolve())).rejects.toThrow(LockUnsupportedError);
  });
});
