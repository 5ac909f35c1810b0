import { describe, expect, it } from 'vitest';
import type { Ask } from '../../../src/table/place.js';
import { Client } from '../../table/support/support.js';
import { send, servers } from './support/served.js';
import { Stream } from './support/stream.js';

const start = servers();

/** Takes a lock over another protocol. */
function takeElsewhere(server: Awaited<ReturnType<typeof start>>, name: string, more: Partial<Ask> = {}) {
  const client = new Client('dflockd connection 7');
  const place = client.place(name, 60_000, more);
  const { core } = server.kit;
  let answer = '';
  core.turn.run(() => {
    answer = core.table.acquire(place, true);
  });
  return { place, client, answer };
}

describe('a lock that somebody holds over another protocol', () => {
  it('is held, and told with a holder that is always the same', async () => {
    const server = await start();
    const { place } = takeElsewhere(server, 'a', { metadata: 'm' });
    const { json } = await send(server, 'POST', '/locks/a/acquire', { body: {} });
    expect(json).toMatchObject({ status: 'held', metadata: 'm', retry_after_ms: expect.any(Number) as number });
    const { json: status } = await send(server, 'GET', '/locks/a');
    expect(status).toMatchObject({ status: 'held', holder_id: json['holder_id'], fencing_token: place.token });
    const { locks } = (await send(server, 'GET', '/locks')).json as { locks: unknown[] };
    expect(locks).toHaveLength(1);
    const body = { lease_id: '00000000-0000-4000-8000-000000000000' };
    for (const what of ['renew', 'release']) {
      expect(await send(server, 'POST', `/locks/a/${what}`, { body })).toMatchObject({
        status: 400,
        json: { code: 'lease_not_current' },
      });
    }
  });

  it('is seen by who watches', async () => {
    const server = await start();
    const stream = await Stream.open(server, '/locks/a/watch');
    await stream.told(1);
    const { place } = takeElsewhere(server, 'a');
    server.kit.core.table.release(place);
    expect(await stream.told(3)).toEqual(['released', 'acquired', 'released']);
    stream.close();
  });

  it('is an election too, if its name says so', async () => {
    const server = await start();
    takeElsewhere(server, '__election/election-1');
    const body = { candidate_id: 'a' };
    expect((await send(server, 'POST', '/elections/election-1/campaign', { body })).json).toMatchObject({
      status: 'follower',
      leader: { candidate_id: 'dflockd connection 7' },
    });
    expect((await send(server, 'GET', '/locks')).json).toMatchObject({ total: 0 });
  });
});

describe('a lock that was taken over HTTP', () => {
  it('is held for who waits over another protocol, and goes to him when it is given back', async () => {
    const server = await start();
    const { json } = await send(server, 'POST', '/locks/a/acquire', { body: {} });
    const { place, answer, client } = takeElsewhere(server, 'a');
    expect(answer).toBe('queued');
    expect(server.kit.core.table.status('a')).toMatchObject({ holder: 'alice', waiters: 1 });
    await send(server, 'POST', '/locks/a/release', { body: { lease_id: json['lease_id'] } });
    expect(client.log).toEqual(['dflockd connection 7 granted a']);
    expect(place.state).toBe('held');
    expect((await send(server, 'POST', '/locks/a/release', { body: { lease_id: json['lease_id'] } })).status).toBe(400);
  });

  it('that is taken from its holder by an operator is known to be gone', async () => {
    const server = await start();
    const { json } = await send(server, 'POST', '/locks/a/acquire', { body: {} });
    server.kit.core.table.revoke('a');
    const body = { lease_id: json['lease_id'] };
    expect(await send(server, 'POST', '/locks/a/renew', { body })).toMatchObject({
      status: 404,
      json: { code: 'lease_not_current' },
    });
  });
});
