import { afterEach, describe, expect, it, vi } from 'vitest';
import { FrontServer } from '../../support/octostore-front.js';
import { FakeLedger } from '../support/fake-ledger.js';

describe('OctoStore’s API on a slow disk', () => {
  const started: FrontServer[] = [];
  afterEach(async () => {
    for (const server of started.splice(0)) await server.stop();
  });
  /** A server whose clock and whose disk the test has. */
  const start = async (dialect: 'octostore' | 'documents' = 'octostore') => {
    const ledger = new FakeLedger(undefined, true);
    const clock = { now: 1000, monotonic: () => clock.now };
    const server = await FrontServer.start({ ledger, isOpen: true, time: { clock }, dialect });
    started.push(server);
    /** Asks, and goes on when that is on its way to the disk. */
    const asking = async (path: string, body: object): Promise<{ answer: ReturnType<typeof server.ask> }> => {
      ledger.isFast = false;
      const answer = server.ask('POST', path, body);
      await vi.waitFor(() => {
        expect(ledger.pending).toBeDefined();
      });
      return { answer };
    };
    return { server, ledger, clock, asking };
  };

  it.each([
    ['/locks/x/acquire', { ttl_seconds: 5 }],
    [`/elections/${'e'.repeat(32)}/campaign`, { candidate_id: 'a', ttl_seconds: 5 }],
  ])('who has run out before it was stored has nothing: %s', async (path, body) => {
    const { asking, clock, ledger, server } = await start();
    const { answer } = await asking(path, body);
    clock.now += 5001;
    ledger.isFast = true;
    ledger.finish();
    expect(await answer).toMatchObject({ status: 409 });
    expect(await server.ask('POST', path, body, server.tokens.bob)).toMatchObject({ status: 200 });
  });

  it('one’s own locks are listed when each is stored, and its lease id', async () => {
    const { server, asking, ledger } = await start('documents');
    const { answer } = await asking('/locks/x/acquire', {});
    let isListed = false;
    const listed = server.ask('GET', '/locks').finally(() => (isListed = true));
    // Whatever is asked for later is answered later.
    await server.ask('GET', '/locks/x');
    expect(isListed).toBe(false);
    ledger.disk.trouble = 'no space left';
    ledger.finish();
    expect(await answer).toMatchObject({ status: 503 });
    expect(await listed).toMatchObject({ status: 503 });
    expect(await server.ask('GET', '/locks')).toMatchObject({ status: 200, json: { locks: [] } });
  });

  it('what ran out before its renewal was stored is not renewed', async () => {
    const { server, asking, clock, ledger } = await start();
    const { json } = await server.ask('POST', '/locks/x/acquire', { ttl_seconds: 5 });
    const { lease_id } = json as { lease_id: string };
    const { answer } = await asking('/locks/x/renew', { lease_id, ttl_seconds: 6 });
    clock.now += 6001;
    ledger.isFast = true;
    ledger.finish();
    expect((await answer).status).toBeGreaterThanOrEqual(400);
  });

  it('a renewal by less than is stored is one, also if the disk fails', async () => {
    const { server, asking, ledger } = await start();
    const { json } = await server.ask('POST', '/locks/x/acquire', { ttl_seconds: 10 });
    const { lease_id } = json as { lease_id: string };
    const { answer } = await asking('/locks/x/renew', { lease_id, ttl_seconds: 60 });
    const shorter = server.ask('POST', '/locks/x/renew', { lease_id, ttl_seconds: 2 });
    await vi.waitFor(() => {
      expect(server.kit.core.table.status('x').expiresIn).toBe(2000);
    });
    ledger.disk.trouble = 'no space left';
    ledger.finish();
    expect(await answer).toMatchObject({ status: 409 });
    expect(await shorter).toMatchObject({ status: 200, json: { renew_after_ms: 1000 } });
  });

  it.each([
    ['octostore' as const, '{"status":"cannot store","storage":"wal","db_size_bytes":0}', 'closing'],
    ['documents' as const, 'cannot store', 'closing'],
  ])('its health is bad, in the dialect %s, when it cannot store, and when it ends', async (dialect, told, ending) => {
    const ledger = new FakeLedger(undefined, true);
    const server = await FrontServer.start({ ledger, dialect });
    started.push(server);
    const health = async () => (await fetch(`${server.url}/health`)).status;
    expect(await health()).toBe(200);
    ledger.disk.trouble = 'no space left';
    expect((await server.ask('POST', '/locks/x/acquire', {})).status).toBeGreaterThan(400);
    const answer = await fetch(`${server.url}/health`);
    expect([answer.status, await answer.text()]).toEqual([503, told]);
    server.front.drain();
    const last = await fetch(`${server.url}/health`);
    expect([last.status, await last.text()]).toEqual([503, expect.stringContaining(ending)]);
  });

  it('its health says that nothing is kept, where that is so', async () => {
    const server = await FrontServer.start({ isStored: false });
    started.push(server);
    expect((await server.ask('GET', '/health')).json).toEqual({ status: 'ok', storage: 'memory', db_size_bytes: 0 });
  });

  it('a front that drains grants nothing, and who has something goes on', async () => {
    const server = await FrontServer.start({ isOpen: true });
    started.push(server);
    const election = `/elections/${'e'.repeat(32)}/campaign`;
    const { json } = await server.ask('POST', '/locks/x/acquire', { ttl_seconds: 60 });
    const { lease_id } = json as { lease_id: string };
    server.front.drain();
    expect(await server.ask('POST', '/locks/y/acquire', {})).toMatchObject({ status: 503 });
    expect(await server.ask('POST', election, { candidate_id: 'a' })).toMatchObject({ status: 503 });
    expect(await server.ask('POST', '/locks/x/acquire', {})).toMatchObject({ status: 200, json: { lease_id } });
    expect(await server.ask('POST', '/locks/x/renew', { lease_id })).toMatchObject({ status: 200 });
    expect(await server.ask('POST', '/locks/x/release', { lease_id })).toMatchObject({ status: 200 });
    expect(server.kit.core.table.counts.held).toBe(0);
  });

  it('a token that could not be told is not changed', async () => {
    const ledger = new FakeLedger(undefined, true);
    const server = await FrontServer.start({ ledger });
    started.push(server);
    ledger.disk.trouble = 'no space left';
    expect(await server.ask('POST', '/locks/x/acquire', {})).toMatchObject({ status: 409 });
    expect(await server.ask('POST', '/auth/token/rotate')).toMatchObject({ status: 409 });
    expect(await server.ask('GET', '/locks')).toMatchObject({ status: 200 });
  });
});
