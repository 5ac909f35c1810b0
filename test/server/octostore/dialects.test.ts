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

  it('reads a body that does not say that it is JSON', async () => {
    const server = await start({ dialect: 'documents' });
    const headers = { 'content-type': 'text/plain' };
    expect((await send(server, 'POST', '/locks/a/acquire', { body: '{}', headers })).status).toBe(200);
  });
});
