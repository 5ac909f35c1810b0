import { describe, expect, it } from 'vitest';
import { send, servers } from './support/served.js';

const start = servers();

/** What the documents list, and no more. */
const ACQUIRED = ['status', 'lease_id', 'fencing_token', 'expires_at'];
const STATUS = ['name', 'status', 'holder_id', 'fencing_token', 'expires_at'];

describe("the documents' dialect", () => {
  it('has exactly the fields that the documents list', async () => {
    const server = await start({ dialect: 'documents' });
    const free = await send(server, 'GET', '/locks/a');
    expect(free.json).toEqual({ name: 'a', status: 'free', holder_id: null, fencing_token: 1, expires_at: null });
    const acquired = await send(server, 'POST', '/locks/a/acquire', { body: { ttl_seconds: 60 } });
    expect(Object.keys(acquired.json)).toEqual(ACQUIRED);
    expect(Object.keys((await send(server, 'GET', '/locks/a')).json)).toEqual(STATUS);
    const body = { lease_id: acquired.json['lease_id'], ttl_seconds: 60 };
    expect(Object.keys((await send(server, 'POST', '/locks/a/renew', { body })).json)).toEqual([
      'lease_id',
      'expires_at',
    ]);
    const { json: list } = await send(server, 'GET', '/locks');
    expect(list).toEqual({
      locks: [
        {
          name: 'a',
          lease_id: acquired.json['lease_id'],
          fencing_token: acquired.json['fencing_token'],
          expires_at: expect.any(String) as string,
        },
      ],
    });
    expect((await send(server, 'POST', '/locks/a/release', { body })).status).toBe(200);
    const rotated = await send(server, 'POST', '/auth/token/rotate');
    expect(Object.keys(rotated.json)).toEqual(['token', 'user_id', 'github_username']);
  });

  it('says of a lock that is held, or delayed, 409, by whom, and until when', async () => {
    const server = await start({ dialect: 'documents' });
    const { json } = await send(server, 'POST', '/locks/a/acquire', { body: { lock_delay_seconds: 30 } });
    const { holder_id, expires_at } = (await send(server, 'GET', '/locks/a')).json;
    const other = () => send(server, 'POST', '/locks/a/acquire', { token: server.tokens.bob, body: {} });
    const held = await other();
    expect(held.status).toBe(409);
    expect(held.json).toEqual({ error: expect.stringContaining('acquire') as string, holder_id, expires_at });
    await send(server, 'POST', '/locks/a/release', { body: { lease_id: json['lease_id'] } });
    const delayed = await other();
    expect(delayed.status).toBe(409);
    expect(delayed.json).toMatchObject({ holder_id });
    expect(Object.keys(delayed.json)).toEqual(['error', 'holder_id', 'expires_at']);
  });

  it('has plain text for health, and only an error for what is refused', async () => {
    const server = await start({ dialect: 'documents' });
    const { headers, text } = await send(server, 'GET', '/health', { token: null });
    expect([headers.get('content-type')?.split(';')[0], text]).toEqual(['text/plain', 'ok']);
    const refused = await send(server, 'GET', '/locks/a', { token: 'wrong' });
    expect([refused.status, Object.keys(refused.json)]).toEqual([401, ['error']]);
    const bad = await send(server, 'POST', '/locks/a/acquire', { body: { ttl_seconds: 0 } });
    expect([bad.status, Object.keys(bad.json)]).toEqual([400, ['error']]);
  });

  it('knows every name that the documents allow: 128 characters of letters, digits, hyphens and dots', async () => {
    const server = await start({ dialect: 'documents' });
    for (const name of ['x'.repeat(128), `${'Ab-9.'.repeat(25)}..-`, 'a..b', '-', '...']) {
      const acquired = await send(server, 'POST', `/locks/${name}/acquire`, { body: {} });
      expect(acquired.status, name).toBe(200);
      const body = { lease_id: acquired.json['lease_id'], ttl_seconds: 60 };
      expect((await send(server, 'POST', `/locks/${name}/renew`, { body })).status).toBe(200);
      expect((await send(server, 'GET', `/locks/${name}`)).json).toMatchObject({ name, status: 'held' });
      expect((await send(server, 'POST', `/locks/${name}/release`, { body })).status).toBe(200);
    }
    expect((await send(server, 'POST', `/locks/${'x'.repeat(129)}/acquire`, { body: {} })).status).toBe(400);
    const today = await start();
    expect((await send(today, 'POST', `/locks/${'x'.repeat(65)}/acquire`, { body: {} })).status).toBe(400);
  });

  it('says 409 of nothing but a lock that somebody holds: its clients take every 409 for that', async () => {
    const server = await start({ dialect: 'documents', maxSessions: 0 });
    const full = await send(server, 'POST', '/sessions', { body: {} });
    expect([full.status, full.json]).toEqual([503, { error: expect.stringContaining('too many sessions') as string }]);
    expect(full.headers.get('retry-after')).toMatch(/^[1-9]/);
    const listed = (user: string) =>
      send(server, 'POST', '/locks/a/acquire', { body: { acl: { acquire: ['user:alice', user] } } });
    expect((await listed('user:bob')).status).toBe(200);
    const conflict = await listed('user:carol');
    expect([conflict.status, Object.keys(conflict.json)]).toEqual([400, ['error']]);
  });

  it('has no fencing token where there are none', async () => {
    const server = await start({ dialect: 'documents', fencing: false, isStored: false });
    const { json } = await send(server, 'POST', '/locks/a/acquire', { body: {} });
    expect(Object.keys(json)).toEqual(['status', 'lease_id', 'expires_at']);
    expect((await send(server, 'GET', '/locks/a')).json).toMatchObject({ status: 'held', fencing_token: 0 });
  });

  it('reads a body that does not say that it is JSON', async () => {
    const server = await start({ dialect: 'documents' });
    const headers = { 'content-type': 'text/plain' };
    expect((await send(server, 'POST', '/locks/a/acquire', { body: '{}', headers })).status).toBe(200);
  });
});
