import { expect, it } from 'vitest';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { anyName } from '../../support/octostore-client.js';
import { until } from '../../support/poll.js';
import type { RedisServer } from '../../support/redis-server.js';
import { fenced, guarded, SetClient, unfenced, type SetAccess } from './support/shared-set.js';

const CLIENTS = 5;
const ROUNDS = 4;
/** As short as can be: whoever sleeps under it loses it. */
const TTL = '1s';

/**
 * Each client adds words to a set that is one text: reads it under the lock, adds one, and writes it back. One round of each client's is
 * interrupted between the two, until another one has written, as a process is that stands still; then it writes as if nothing had happened.
 *
 * @returns The words whose writing was confirmed and that are not there in the end.
 */
async function lostUpdates(server: RedisServer, access: (client: SetClient) => SetAccess): Promise<readonly string[]> {
  const name = anyName('set');
  const confirmed: string[] = [];
  let busy = CLIENTS;

  const add = async ({ locks, access: set }: SetClient, word: string, isInterrupted: boolean): Promise<void> => {
    const lease = await locks.acquire(name, TTL, { renew: false });
    const text = await set.read(lease);
    if (isInterrupted) {
      const before = confirmed.length;
      await until(() => confirmed.length > before || busy === 1, 'the write of another');
    }
    if (text !== undefined && (await set.write(lease, `${text} ${word}`))) confirmed.push(word);
    await lease.release();
  };

  const clients = Array.from({ length: CLIENTS }, () => new SetClient(server, `text:{${name}}`, access));
  await Promise.all(
    clients.map(async (client, who) => {
      for (let round = 0; round < ROUNDS; round++) {
        await add(client, `${String(who)}.${String(round)}`, round === who % ROUNDS);
      }
      busy--;
    }),
  );
  const last = await clients[0]!.locks.acquire(name, TTL);
  const words = ((await clients[0]!.access.read(last)) ?? '').split(' ');
  await Promise.all(clients.map(({ locks }) => locks.close()));
  expect(confirmed.length).toBeGreaterThanOrEqual(CLIENTS * (ROUNDS - 1));
  return confirmed.filter((word) => !words.includes(word));
}

describeWithRedis('a set that many clients change under a lock, some of whom stand still meanwhile', (server) => {
  it.concurrent('loses what was added, if nothing but the lock protects it', async () => {
    expect(await lostUpdates(server(), unfenced(server()))).not.toEqual([]);
  });

  it.concurrent('loses nothing, if it looks at the fencing token', async () => {
    expect(await lostUpdates(server(), fenced(server()))).toEqual([]);
  });

  it.concurrent('loses nothing, if it is changed by guarded()', async () => {
    expect(await lostUpdates(server(), guarded())).toEqual([]);
  });
});
