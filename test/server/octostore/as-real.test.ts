import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { describeWithBothServers, type Ask, type Asked } from './support/both.js';

type Json = Record<string, unknown>;

/** What is asked one after the other; each may use what was said before. */
type Script = (said: readonly Json[], name: string) => Ask | undefined;

const post = (path: string, body: unknown, more: Omit<Ask, 'method' | 'path' | 'body'> = {}): Ask => ({
  method: 'POST',
  path,
  body,
  ...more,
});
const get = (path: string, more: Omit<Ask, 'method' | 'path'> = {}): Ask => ({ method: 'GET', path, ...more });
const acquire = (name: string, body: unknown = {}, more: Omit<Ask, 'method' | 'path' | 'body'> = {}): Ask =>
  post(`/locks/${encodeURIComponent(name)}/acquire`, body, more);

async function play(server: Asked, steps: readonly Script[], name: string): Promise<unknown[]> {
  const said: Json[] = [];
  const shapes: unknown[] = [];
  for (const step of steps) {
    const ask = step(said, name);
    if (ask === undefined) continue;
    const { shape, json } = await server.send(ask);
    said.push(json);
    shapes.push(shape);
  }
  return shapes;
}

const LEASE = randomUUID();

/** Everything is asked of both; whatever a test changes is its own. */
const SCRIPTS: Readonly<Record<string, readonly Script[]>> = {
  'the life of a lock': [
    (_, name) => get(`/locks/${name}`),
    (_, name) => acquire(name, { ttl_seconds: 30, metadata: 'mine' }),
    (_, name) => acquire(name, { ttl_seconds: 10, metadata: 'other' }),
    (_, name) => acquire(name, {}, { user: 'bob' }),
    (_, name) => get(`/locks/${name}`, { user: 'bob' }),
    (_, name) => get(`/locks?prefix=${name}`),
    (said, name) => post(`/locks/${name}/renew`, { lease_id: said[1]?.['lease_id'], ttl_seconds: 60 }),
    (said, name) => post(`/locks/${name}/renew`, { lease_id: said[1]?.['lease_id'] }, { user: 'bob' }),
    (said, name) => post(`/locks/${name}/release`, { lease_id: said[1]?.['lease_id'] }, { user: 'bob' }),
    (_, name) => post(`/locks/${name}/release`, { lease_id: LEASE }),
    (_, name) => post(`/locks/${name}/renew`, { lease_id: LEASE }),
    (said, name) => post(`/locks/${name}/release`, { lease_id: said[1]?.['lease_id'] }),
    (said, name) => post(`/locks/${name}/release`, { lease_id: said[1]?.['lease_id'] }),
    (said, name) => post(`/locks/${name}/renew`, { lease_id: said[1]?.['lease_id'] }),
    (_, name) => get(`/locks?prefix=${name}`),
  ],
  'a delay': [
    (_, name) => acquire(name, { lock_delay_seconds: 30 }),
    (said, name) => post(`/locks/${name}/release`, { lease_id: said[0]?.['lease_id'] }),
    (_, name) => acquire(name),
    (_, name) => acquire(name, {}, { user: 'bob' }),
    (_, name) => get(`/locks/${name}`),
    (_, name) => get(`/locks?prefix=${name}`),
    (said, name) => post(`/locks/${name}/renew`, { lease_id: said[0]?.['lease_id'] }),
    (said, name) => post(`/locks/${name}/release`, { lease_id: said[0]?.['lease_id'] }),
  ],
  sessions: [
    () => post('/sessions', { ttl_seconds: 1 }),
    () => post('/sessions', {}),
    () => post('/sessions', { ttl_seconds: 4000 }),
    (said, name) => acquire(name, { session_id: said[0]?.['session_id'], ephemeral: true }),
    (said, name) => acquire(name, { session_id: said[1]?.['session_id'], ephemeral: true }),
    (said, name) => acquire(name, { session_id: said[0]?.['session_id'], ephemeral: true }),
    (said, name) => acquire(name, { session_id: said[0]?.['session_id'] }),
    (_, name) => acquire(name),
    (said, name) => acquire(name, { session_id: said[0]?.['session_id'], ephemeral: true }, { user: 'bob' }),
    (said, name) => acquire(`${name}2`, { session_id: said[0]?.['session_id'] }),
    (said) => get(`/sessions/${String(said[0]?.['session_id'])}`),
    (said) => get(`/sessions/${String(said[0]?.['session_id'])}`, { user: 'bob' }),
    (said) => post(`/sessions/${String(said[0]?.['session_id'])}/keepalive`, undefined),
    (said) => post(`/sessions/${String(said[0]?.['session_id'])}/keepalive`, undefined, { user: 'bob' }),
    (said, name) => post(`/locks/${name}/renew`, { lease_id: said[3]?.['lease_id'] }),
    (said, name) => post(`/locks/${name}/renew`, { lease_id: said[3]?.['lease_id'] }, { user: 'bob' }),
    (_, name) => post(`/locks/${name}/renew`, { lease_id: LEASE }),
    (said) => ({ method: 'DELETE', path: `/sessions/${String(said[0]?.['session_id'])}`, user: 'bob' }),
    (said) => ({ method: 'DELETE', path: `/sessions/${String(said[0]?.['session_id'])}` }),
    (said) => ({ method: 'DELETE', path: `/sessions/${String(said[0]?.['session_id'])}` }),
    (said) => post(`/sessions/${String(said[0]?.['session_id'])}/keepalive`, undefined),
    (said) => get(`/sessions/${String(said[0]?.['session_id'])}`),
    (_, name) => get(`/locks/${name}`),
    (_, name) => get(`/locks/${name}2`),
    (said, name) => acquire(name, { session_id: said[0]?.['session_id'], ephemeral: true }),
    (said, name) => post(`/locks/${name}/renew`, { lease_id: said[3]?.['lease_id'] }),
    (_, name) => acquire(name, { session_id: LEASE, ephemeral: true }),
    (_, name) => acquire(name, { session_id: LEASE }),
    (_, name) => acquire(name, { ephemeral: true }),
    () => post('/sessions/nothing/keepalive', undefined),
    () => post(`/sessions/${LEASE}/keepalive`, undefined),
    () => post('/sessions', undefined),
    () => post('/sessions', { ttl_seconds: 'x' }),
  ],
  'who may acquire': [
    (_, name) => acquire(name, { acl: { acquire: ['user:ALICE', 'token:secret', 'user:alice'] } }),
    (_, name) => get(`/locks/${name}`),
    (_, name) => acquire(name, {}, { user: 'bob' }),
    (_, name) => acquire(name, { acl: { acquire: ['user:bob'] } }),
    (_, name) => acquire(name, { acl: { acquire: ['token:secret', 'user:alice'] } }),
    (_, name) => ({ method: 'PUT', path: `/locks/${name}/acl`, body: { acl: { acquire: ['user:bob'] } }, user: 'bob' }),
    (_, name) => ({ method: 'PUT', path: `/locks/${name}/acl`, body: { acl: { acquire: ['user:bob'] } } }),
    (_, name) => acquire(name),
    (_, name) => get(`/locks/${name}`),
    (said, name) => post(`/locks/${name}/release`, { lease_id: said[0]?.['lease_id'] }),
    (_, name) => acquire(name, {}, { user: 'bob' }),
    (_, name) => ({ method: 'PUT', path: `/locks/${name}-free/acl`, body: { acl: { acquire: ['user:bob'] } } }),
    // A list outlives the lock: whoever is not in it can neither take the free name nor replace the list.
    (_, name) => acquire(`${name}-kept`, { acl: { acquire: ['user:alice'] } }),
    (said, name) => post(`/locks/${name}-kept/release`, { lease_id: said.at(-1)?.['lease_id'] }),
    (_, name) => acquire(`${name}-kept`, {}, { user: 'bob' }),
    (_, name) => ({
      method: 'PUT',
      path: `/locks/${name}-kept/acl`,
      body: { acl: { acquire: ['user:bob'] } },
      user: 'bob',
    }),
    (_, name) => acquire(`${name}-a`, { acl: { acquire: [] } }),
    (_, name) => acquire(`${name}-a`, { acl: { acquire: ['alice'] } }),
    (_, name) => acquire(`${name}-a`, { acl: { acquire: [1] } }),
    (_, name) => acquire(`${name}-a`, { acl: {} }),
    (_, name) => acquire(`${name}-a`, { acl: { acquire: ['user:bob'] } }),
    (_, name) => acquire(`${name}-a`, { acl: { acquire: Array.from({ length: 101 }, () => 'user:a') } }),
    (_, name) => acquire(`${name}-a`, { acl: { acquire: [`token:${'x'.repeat(260)}`] } }),
    (_, name) => acquire(`${name}-a`, { acl: null }),
  ],
  'an election': [
    () => post('/elections', undefined, { user: null }),
    () => get('/elections/some-election-0', { user: null }),
    (said) => get(`/elections/${String(said[0]?.['election_id'])}`, { user: null }),
    (said) => post(`/elections/${String(said[0]?.['election_id'])}/campaign`, { candidate_id: 'a@b', metadata: 'm' }),
    (said) => post(`/elections/${String(said[0]?.['election_id'])}/campaign`, { candidate_id: 'a@b', ttl_seconds: 5 }),
    (said) => get(`/elections/${String(said[0]?.['election_id'])}`, { user: null }),
    (said) =>
      post(`/elections/${String(said[0]?.['election_id'])}/renew`, {
        leader_token: said[3]?.['leader_token'],
        ttl_seconds: 300,
      }),
    (said) => post(`/elections/${String(said[0]?.['election_id'])}/renew`, { leader_token: 'x' }),
    (said) => post(`/elections/${String(said[0]?.['election_id'])}/renew`, { leader_token: 'A'.repeat(43) }),
    (said) => post(`/elections/${String(said[0]?.['election_id'])}/resign`, { leader_token: 'A'.repeat(43) }),
    (said) => post(`/elections/${String(said[0]?.['election_id'])}/renew`, {}),
    (said) =>
      post(`/elections/${String(said[0]?.['election_id'])}/resign`, { leader_token: said[3]?.['leader_token'] }),
    (said) =>
      post(`/elections/${String(said[0]?.['election_id'])}/resign`, { leader_token: said[3]?.['leader_token'] }),
    (said) => post(`/elections/${String(said[0]?.['election_id'])}/renew`, { leader_token: said[3]?.['leader_token'] }),
    (said) => get(`/elections/${String(said[0]?.['election_id'])}`),
    (said) => post(`/elections/${String(said[0]?.['election_id'])}/campaign`, { candidate_id: 'a', ttl_seconds: 4 }),
    (said) => post(`/elections/${String(said[0]?.['election_id'])}/campaign`, { candidate_id: 'a', ttl_seconds: 301 }),
    (said) => post(`/elections/${String(said[0]?.['election_id'])}/campaign`, { candidate_id: '' }),
    (said) => post(`/elections/${String(said[0]?.['election_id'])}/campaign`, { candidate_id: 'ä' }),
    (said) => post(`/elections/${String(said[0]?.['election_id'])}/campaign`, { candidate_id: 'a'.repeat(65) }),
    (said) =>
      post(`/elections/${String(said[0]?.['election_id'])}/campaign`, {
        candidate_id: 'a',
        metadata: 'x'.repeat(1025),
      }),
    (said) => post(`/elections/${String(said[0]?.['election_id'])}/campaign`, {}),
    () => get('/elections/short'),
    () => get(`/elections/${'x'.repeat(65)}`),
    () => get('/elections/%C3%A4%C3%A4%C3%A4%C3%A4'),
    () => post('/elections/short/campaign', { candidate_id: 'a' }),
    () => acquire('__election/x'),
    () => get('/locks/__election%2Fx'),
  ],
  names: [
    ...['a', 'a.b-c_d/e', 'ä/ß', '名前', 'a/../b', 'a b', 'a//b', '/a', 'a/', 'a:b', 'x'.repeat(64)].map(
      (name): Script =>
        () =>
          get(`/locks/${encodeURIComponent(name).replaceAll('.', '%2E')}`),
    ),
    ...[
      'x'.repeat(65),
      'ä'.repeat(33),
      `${'x'.repeat(60)}/`.repeat(5),
      '1²½Ⅷ',
      'e\u0301',
      '😀',
      'a\u0000b',
      '_',
      '-',
    ].map(
      (name): Script =>
        () =>
          get(`/locks/${encodeURIComponent(name)}`),
    ),
    () => get('/locks/%FF'),
    () => get('/locks/a/b'),
    () => get('/locks//'),
    () => get('/locks/'),
    (_, name) => acquire(`${name} x`),
  ],
  'what may be wrong with a body': [
    ...[0, 1, 3600, 3601, -1, 1.5, 4294967296, '60', null, true, [], {}].map(
      (ttl_seconds, index): Script =>
        (_, name) =>
          acquire(`${name}-${String(index)}`, { ttl_seconds }),
    ),
    ...['', '{', 'null', '[]', '"x"', '7', '{"ttl_seconds":}', ' {} ', '\ufeff{}'].map(
      (body, index): Script =>
        (_, name) =>
          acquire(`${name}-t${String(index)}`, body),
    ),
    (_, name) => acquire(`${name}-m`, { metadata: 'x'.repeat(1024) }),
    (_, name) => acquire(`${name}-n`, { metadata: 'x'.repeat(1025) }),
    (_, name) => acquire(`${name}-o`, { metadata: '😀'.repeat(1024) }),
    (_, name) => acquire(`${name}-p`, { metadata: 7 }),
    (_, name) => acquire(`${name}-q`, '{"metadata":"\\ud800"}'),
    (_, name) => acquire(`${name}-r`, { ephemeral: 'yes' }),
    (_, name) => acquire(`${name}-s`, { lock_delay_seconds: 31 }),
    (_, name) => acquire(`${name}-u`, { session_id: 'x' }),
    (_, name) => acquire(`${name}-v`, { unknown: 1, ttl_seconds: null, metadata: null, acl: null, session_id: null }),
    (_, name) => post(`/locks/${name}/release`, {}),
    (_, name) => post(`/locks/${name}/release`, { lease_id: 'x' }),
    (_, name) => post(`/locks/${name}/release`, { lease_id: LEASE.toUpperCase() }),
    (_, name) => post(`/locks/${name}/release`, { lease_id: LEASE.replaceAll('-', '') }),
    (_, name) => post(`/locks/${name}/release`, { lease_id: `{${LEASE}}` }),
    (_, name) => post(`/locks/${name}/release`, { lease_id: `urn:uuid:${LEASE}` }),
    (_, name) => post(`/locks/${name}/renew`, { lease_id: LEASE, ttl_seconds: 0 }),
    (_, name) => post(`/locks/${name}/renew`, { lease_id: LEASE, ttl_seconds: 3601 }),
    (_, name) => acquire(name, '{}', { headers: { 'content-type': 'text/plain' } }),
    (_, name) => acquire(name, '{}', { headers: { 'content-type': 'application/vnd.x+json' } }),
    (_, name) => acquire(name, '{}', { headers: { 'content-type': 'application/json; charset=utf-8' } }),
    (_, name) => acquire(name, '{}', { headers: { 'content-type': 'APPLICATION/JSON' } }),
    (_, name) => post(`/locks/${name}/acquire`, undefined),
  ],
  'who asks': [
    (_, name) => get(`/locks/${name}`, { user: null }),
    (_, name) => get(`/locks/${name}`, { user: null, headers: { authorization: 'Bearer wrong' } }),
    (_, name) => get(`/locks/${name}`, { user: null, headers: { authorization: 'Basic x' } }),
    (_, name) => get(`/locks/${name}`, { user: null, headers: { authorization: 'bearer wrong' } }),
    (_, name) => get(`/locks/${name}`, { user: null, headers: { authorization: 'Bearer' } }),
    () => get('/locks', { user: null }),
    () => post('/sessions', {}, { user: null }),
    () => post('/auth/token/rotate', undefined, { user: null }),
    (_, name) => acquire(name, {}, { user: null }),
  ],
  where: [
    () => get('/nothing'),
    () => get('/nothing/at/all', { user: null }),
    (_, name) => get(`/locks/${name}/acquire`),
    (_, name) => post(`/locks/${name}`, {}),
    (_, name) => ({ method: 'DELETE', path: `/locks/${name}` }),
    (_, name) => ({ method: 'PATCH', path: `/locks/${name}/acquire`, body: {} }),
    () => ({ method: 'DELETE', path: '/elections' }),
    () => ({ method: 'PUT', path: '/health' }),
    () => get('/locks?prefix=a&prefix=b'),
    () => get('/locks?other=a&prefix=a%2Fb'),
    () => get('/health', { user: null }),
  ],
  // The last, as the real server would not start again after it.
  'a token that is rotated': [
    () => post('/auth/token/rotate', undefined),
    () => get('/locks?prefix=none'),
    (said) =>
      get('/locks?prefix=none', { user: null, headers: { authorization: `Bearer ${String(said[0]?.['token'])}` } }),
  ],
};

describeWithBothServers('an answer', (both) => {
  it.each(Object.keys(SCRIPTS))('is that of a real server: %s', async (key) => {
    const name = `test-${randomUUID()}`;
    const [real, ours] = both();
    const steps = SCRIPTS[key] ?? [];
    expect(blurName(await play(ours, steps, name), name)).toEqual(blurName(await play(real, steps, name), name));
  });
});

function blurName(shapes: unknown, name: string): unknown {
  return JSON.parse(JSON.stringify(shapes).replaceAll(name, 'the-name')) as unknown;
}
