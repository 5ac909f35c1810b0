import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anyName, Client, GENEROUS, ScriptedServer } from '../support/support.js';

describe('what dflockd refuses to a holder', () => {
  let server: ScriptedServer;
  let client: Client;
  beforeEach(async () => {
    server = await ScriptedServer.start(GENEROUS);
    client = new Client({ port: server.port });
  });
  afterEach(async () => {
    await client.backend.close();
    await server.stop();
  });

  it.each(['error', 'error_lease_expired'])('is final for a renewal: %s', async (answer) => {
    const { grant } = await client.acquire(anyName());
    server.script = (request) => (request[0] === 'n' ? answer : GENEROUS(request));
    expect(await client.renew([grant])).toMatchObject([{ outcome: 'refused' }]);
    // It is not ours any more: nothing is asked about it.
    expect(await client.release(grant)).toEqual(['gone']);
    expect(await client.renew([grant])).toMatchObject([{ outcome: 'refused' }]);
    expect(server.requests.map((one) => one.split(' ')[0])).toEqual(['l', 'n']);
  });

  it('is told with what it was asked for: a lock or a semaphore, by its name', async () => {
    server.script = ([command]) => (command === 'sl' ? 'ok permit 30' : 'ok');
    const { grant } = await client.acquire('pool', { limit: 2 });
    server.script = () => 'error_max_locks';
    const said = (what: string): object => ({
      message: `dflockd at 127.0.0.1:${String(server.port)}, asked to ${what}, answered error_max_locks`,
    });
    expect(await client.renew([grant])).toMatchObject([
      { outcome: 'unknown', cause: said("renew the semaphore 'pool'") },
    ]);
    await expect(client.acquire('pool', { limit: 2 })).rejects.toMatchObject(said("acquire the semaphore 'pool'"));
    await expect(client.acquire('b')).rejects.toMatchObject(said("acquire the lock 'b'"));
  });

  it('is final for a release: it is gone', async () => {
    const { grant } = await client.acquire(anyName());
    server.script = (request) => (request[0] === 'r' ? 'error' : GENEROUS(request));
    expect(await client.release(grant)).toEqual(['gone']);
  });

  it('may be for another reason: then nothing is known', async () => {
    const { grant } = await client.acquire(anyName());
    server.script = () => 'error_of_tomorrow';
    expect(await client.renew([grant])).toMatchObject([{ outcome: 'unknown', cause: { code: 'ERR_LOCK_NETWORK' } }]);
    expect(await client.release(grant)).toEqual(['unknown']);
    server.script = GENEROUS;
    expect(await client.renew([grant])).toMatchObject([{ outcome: 'renewed' }]);
    expect(await client.release(grant)).toEqual(['released']);
  });
});
