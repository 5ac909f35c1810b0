import { afterEach, describe, expect, it } from 'vitest';
import { FrontServer } from '../../support/octostore-front.js';
import { FakeDisk, FakeLedger } from '../support/fake-ledger.js';

describe('OctoStore’s API of a server that was killed', () => {
  const started: FrontServer[] = [];
  afterEach(async () => {
    for (const server of started.splice(0)) await server.stop();
  });
  const start = async (disk: FakeDisk): Promise<FrontServer> => {
    const server = await FrontServer.start({ ledger: new FakeLedger(disk, true), isOpen: true });
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
});
