import { afterEach, describe, expect, it } from 'vitest';
import { FrontServer } from '../../support/octostore-front.js';
import { FakeDisk, FakeLedger } from '../support/fake-ledger.js';

describe('OctoStore’s API of a server that was killed', () => {
  const started: FrontServer[] = [];
  afterEach(async () => {
    for (const server of started.splice(0)) await server.stop();
  });
  const start = async (disk: FakeDisk, ledger = new FakeLedger(disk, true)): Promise<FrontServer> => {
    const server = await FrontServer.start({ ledger, isOpen: true });
    started.push(server);
    return server;
  };

  it('renews and releases by the lease that was told before', async () => {
    const disk = new FakeDisk();
    const first = await start(disk);
    const acquired = await first.ask('POST', '/locks/x/acquire', { ttl_seconds: 60 });
    const { lease_id: lease } = acquired.json as { lease_id: string };
    expect(JSON.stringify([...disk.entries])).not.toContain(lease);
    // Who it is, on a server that asks nobody.
    const who = first.tokens.alice;
    const second = await start(disk);
    const renewed = await second.ask('POST', '/locks/x/renew', { lease_id: lease, ttl_seconds: 60 }, who);
    expect(renewed).toMatchObject({ status: 200 });
    const again = await second.ask('POST', '/locks/x/acquire', { ttl_seconds: 60 }, who);
    const { lease_id: other } = again.json as { lease_id: string };
    const third = await start(disk);
    for (const id of [lease, other]) {
      expect(await third.ask('POST', '/locks/x/renew', { lease_id: id, ttl_seconds: 60 }, who)).toMatchObject({
        status: 200,
      });
    }
    expect(await third.ask('POST', '/locks/x/release', { lease_id: lease }, who)).toMatchObject({ status: 200 });
    expect(await third.ask('GET', '/locks/x', undefined, who)).toMatchObject({ json: { status: 'free' } });
  });

  it.each([false, true])('tells nobody a fencing token for two times, in a session or not: %s', async (ephemeral) => {
    const disk = new FakeDisk();
    const ledger = new FakeLedger(disk, true);
    const first = await start(disk, ledger);
    const who = first.tokens.alice;
    const { json: session } = await first.ask('POST', '/sessions', {});
    const ask = { ttl_seconds: 60, ...(ephemeral ? { ephemeral, session_id: (session as Session).session_id } : {}) };
    const acquire = async (server: FrontServer): Promise<Lease> =>
      (await server.ask('POST', '/locks/x/acquire', ask, who)).json as Lease;
    const { lease_id, fencing_token } = await acquire(first);
    // That he gives it back does not come to the disk any more.
    ledger.isFast = false;
    expect(await first.ask('POST', '/locks/x/release', { lease_id })).toMatchObject({ status: 200 });
    await first.kill();

    const second = await start(disk);
    const again = await acquire(second);
    expect(again.fencing_token).toBeGreaterThan(fencing_token);
    // From then on it is known that he has it; by the lease of before too.
    expect(await acquire(second)).toMatchObject({ fencing_token: again.fencing_token });
    const renewed = await second.ask('POST', '/locks/x/renew', { lease_id, ttl_seconds: 60 }, who);
    expect(renewed).toMatchObject({ status: 200 });
  });
});

interface Session {
  readonly session_id: string;
}

interface Lease {
  readonly lease_id: string;
  readonly fencing_token: number;
}
