import { describe, expect, it, vi } from 'vitest';
import type { FrontServer } from '../../support/octostore-front.js';
import { send, servers } from './support/served.js';

const start = servers();

async function acquire(server: FrontServer, name: string, body: object = {}) {
  return send(server, 'POST', `/locks/${name}/acquire`, { body: { ttl_seconds: 60, ...body } });
}

async function act(server: FrontServer, what: 'renew' | 'release', name: string, leaseId: unknown) {
  return send(server, 'POST', `/locks/${name}/${what}`, { body: { lease_id: leaseId } });
}

describe('a front that starts anew', () => {
  it('knows a lock by its lease, its token and its holder', async () => {
    const server = await start();
    const { json } = await acquire(server, 'a', { metadata: 'mine' });
    const before = await send(server, 'GET', '/locks/a');
    await server.restart();
    const after = await send(server, 'GET', '/locks/a');
    expect(after.json).toEqual({ ...before.json, expires_at: after.json['expires_at'] });
    expect(await send(server, 'POST', '/locks/a/acquire', { token: server.tokens.bob, body: {} })).toMatchObject({
      json: { status: 'held' },
    });
    expect((await act(server, 'renew', 'a', json['lease_id'])).status).toBe(200);
    expect((await act(server, 'release', 'a', json['lease_id'])).status).toBe(200);
    const next = await acquire(server, 'a');
    expect(next.json['fencing_token']).toBeGreaterThan(json['fencing_token'] as number);
  });

  it('gives who asks again another lease id, and goes on with the one of before, over many starts', async () => {
    const server = await start();
    const leases: unknown[] = [];
    for (let starts = 0; starts < 3; starts++) {
      leases.push((await acquire(server, 'a')).json['lease_id']);
      await server.restart();
    }
    expect(new Set(leases).size).toBe(3);
    for (const lease of leases) expect((await act(server, 'renew', 'a', lease)).status).toBe(200);
  });

  it('gives who asks again the same token, once he has renewed it', async () => {
    const server = await start();
    const { json } = await acquire(server, 'a');
    await server.restart();
    await act(server, 'renew', 'a', json['lease_id']);
    expect((await acquire(server, 'a')).json['fencing_token']).toBe(json['fencing_token']);
  });

  it('knows a session, and what goes with it', async () => {
    const server = await start();
    const { session_id } = (await send(server, 'POST', '/sessions', { body: {} })).json;
    await acquire(server, 'a', { session_id, ephemeral: true });
    await acquire(server, 'b', { session_id });
    await server.restart();
    expect((await send(server, 'POST', `/sessions/${String(session_id)}/keepalive`)).status).toBe(200);
    expect((await send(server, 'GET', `/sessions/${String(session_id)}`)).json).toMatchObject({ lock_count: 2 });
    expect((await send(server, 'DELETE', `/sessions/${String(session_id)}`)).status).toBe(204);
    expect((await send(server, 'GET', '/locks/a')).json).toMatchObject({ status: 'free' });
    expect((await send(server, 'GET', '/locks/b')).json).toMatchObject({ status: 'held' });
    // Nobody waits for an end to be stored, but each grant for all that was before it.
    expect((await acquire(server, 'c')).status).toBe(200);
    await server.restart();
    expect((await send(server, 'POST', `/sessions/${String(session_id)}/keepalive`)).status).toBe(404);
  });

  it('knows who leads, and by which token', async () => {
    const server = await start();
    const campaign = async (candidate_id: string) =>
      (await send(server, 'POST', '/elections/election-1/campaign', { body: { candidate_id, metadata: 'm' } })).json;
    const { leader_token, leader } = await campaign('a');
    await server.restart();
    expect(await campaign('b')).toMatchObject({
      status: 'follower',
      leader: { candidate_id: 'a', metadata: 'm', term: (leader as { readonly term: number }).term },
    });
    const body = { leader_token };
    expect((await send(server, 'POST', '/elections/election-1/renew', { body })).status).toBe(200);
    expect((await send(server, 'POST', '/elections/election-1/resign', { body })).status).toBe(200);
    expect(await campaign('b')).toMatchObject({ status: 'leader' });
  });

  it('knows who may acquire', async () => {
    const server = await start();
    await acquire(server, 'a', { acl: { acquire: ['user:alice', `token:${server.tokens.bob}`] } });
    const { acl } = (await send(server, 'GET', '/locks/a')).json;
    await server.restart();
    expect((await send(server, 'GET', '/locks/a')).json['acl']).toEqual(acl);
    expect(acl).toEqual({ acquire: ['token:[redacted]', 'user:alice'] });
    server.replaceTokens({ ...server.tokens, carol: 'carol-has-one' });
    expect((await send(server, 'POST', '/locks/a/acquire', { token: 'carol-has-one', body: {} })).status).toBe(403);
  });

  it('lists locks with lease ids that hold, in the dialect of the documents', async () => {
    const server = await start({ dialect: 'documents' });
    await acquire(server, 'a');
    await server.restart();
    const { locks } = (await send(server, 'GET', '/locks')).json as { locks: { lease_id: string }[] };
    await server.restart();
    expect((await act(server, 'release', 'a', locks[0]!.lease_id)).status).toBe(200);
  });

  it('has no secret on its disk', async () => {
    const server = await start();
    const { session_id } = (await send(server, 'POST', '/sessions', { body: {} })).json;
    const { lease_id } = (await acquire(server, 'a', { session_id, ephemeral: true })).json;
    await acquire(server, 'b', { acl: { acquire: [`token:${server.tokens.alice}`] } });
    const body = { candidate_id: 'a' };
    const { leader_token } = (await send(server, 'POST', '/elections/election-1/campaign', { body })).json;
    const disk = JSON.stringify([...server.disk.entries]);
    expect(disk).toContain('election-1');
    for (const secret of [session_id, lease_id, leader_token, server.tokens.alice]) {
      expect(disk).not.toContain(String(secret));
    }
  });
});

describe('a disk that cannot be written to', () => {
  it('refuses what is new, says why, and harms nothing that is held', async () => {
    const server = await start();
    const { lease_id } = (await acquire(server, 'a')).json;
    server.disk.trouble = 'no space left on device';
    for (const refused of [
      await acquire(server, 'b'),
      await acquire(server, 'c', { acl: { acquire: ['user:alice'] } }),
      await send(server, 'POST', '/sessions', { body: {} }),
      await send(server, 'POST', '/elections/election-1/campaign', { body: { candidate_id: 'a' } }),
    ]) {
      expect(refused).toMatchObject({ status: 409, json: { code: 'capacity_exceeded' } });
      expect(refused.json['details']).toContain('no space left on device');
      expect(refused.headers.get('retry-after')).not.toBeNull();
    }
    expect((await act(server, 'renew', 'a', lease_id)).status).toBe(200);
    for (const name of ['b', 'c']) {
      const { json } = await send(server, 'GET', `/locks/${name}`);
      expect([json['status'], json['acl']]).toEqual(['free', undefined]);
    }
    expect((await send(server, 'GET', '/elections/election-1')).json).toMatchObject({ status: 'vacant' });
    expect((await act(server, 'release', 'a', lease_id)).status).toBe(200);
  });

  it('who asks twice for a lease id that cannot be stored is not told it the second time', async () => {
    const server = await start({ dialect: 'documents' });
    await acquire(server, 'a');
    await server.restart();
    server.disk.trouble = 'no space left on device';
    expect((await send(server, 'GET', '/locks')).status).toBe(503);
    expect((await send(server, 'GET', '/locks')).status).toBe(503);
    server.disk.trouble = undefined;
    await vi.waitFor(() => {
      expect(server.kit.core.records.failure).toBeUndefined();
    }, 5000);
    const { locks } = (await send(server, 'GET', '/locks')).json as { locks: { lease_id: string }[] };
    await server.restart();
    expect((await act(server, 'renew', 'a', locks[0]!.lease_id)).status).toBe(200);
  });
});

describe('a front that may not grant yet', () => {
  it('says when it will', async () => {
    const server = await start({ opensAfter: 3_600_000 });
    const { status, json } = await acquire(server, 'a');
    expect([status, json['status']]).toEqual([409, 'delayed']);
    expect(json['retry_after_ms']).toBeGreaterThan(3_500_000);
    const body = { candidate_id: 'a' };
    const refused = await send(server, 'POST', '/elections/election-1/campaign', { body });
    expect(refused.json['retry_after_ms']).toBeGreaterThan(3_500_000);
  });
});
