import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../../support/poll.js';
import { anyName, Client, ScriptedServer, type Script } from '../support/support.js';

/** Somebody else has it; whoever wants to wait may. */
const BUSY: Script = ([command]) => {
  if (command === 'l' || command === 'sl') return 'timeout';
  return command === 'e' || command === 'se' ? 'queued' : undefined;
};

describe('the places of a dflockd client in a queue', () => {
  let server: ScriptedServer;
  let client: Client;
  beforeEach(async () => {
    server = await ScriptedServer.start(BUSY);
    client = new Client({ port: server.port });
  });
  afterEach(async () => {
    await client.backend.close();
    await server.stop();
  });

  const count = (command: string): number => server.requests.filter((one) => one.startsWith(`${command} `)).length;

  it.each([
    ['timeout', ['queued', 'held'], undefined],
    ['error_not_enqueued', ['queued', 'held'], undefined],
    ['error_lease_expired', ['queued', 'held'], undefined],
    ['error', ['queued', 'held'], undefined],
    ['what', ['queued'], 'ERR_LOCK_NETWORK'],
    ['queued', ['queued'], 'ERR_LOCK_NETWORK'],
  ])('that end with %s', async (answer, types, code) => {
    server.script = (request) => (request[0] === 'w' ? answer : BUSY(request));
    const attempt = await client.ask(anyName()).over();
    expect(attempt.types).toEqual(types);
    expect((attempt.error as { code?: string } | undefined)?.code).toBe(code);
    await until(() => server.sockets.size === (code === undefined ? 2 : 1), 'the connections');
  });

  it('are kept for as long as it takes: the core has the time limit', async () => {
    const waits: string[] = [];
    server.script = (request) => {
      if (request[0] === 'w') waits.push(request[2]);
      return BUSY(request);
    };
    client.ask(anyName());
    await until(() => waits.length === 1, 'the wait');
    expect(Number(waits[0])).toBeGreaterThan(86_400);
  });

  it('that the server thinks are taken already go with their connection', async () => {
    server.script = (request) => (request[0] === 'e' ? 'error_already_enqueued' : BUSY(request));
    const { error } = await client.ask(anyName()).over();
    expect(error).toMatchObject({
      code: 'ERR_LOCK_NETWORK',
      message: expect.stringContaining('already_enqueued') as string,
    });
    await until(() => server.sockets.size === 1, 'the end of the connection');
    // The next has another.
    server.script = BUSY;
    const attempt = client.ask(anyName());
    await until(() => attempt.types.includes('queued'), 'the queue');
  });

  it('of which there is no more room are an error', async () => {
    server.script = (request) => (request[0] === 'e' ? 'error_max_waiters' : BUSY(request));
    const { error } = await client.ask(anyName()).over();
    expect(error).toMatchObject({ code: 'ERR_LOCK_CAPACITY' });
    // Its connection is as good as new.
    server.script = BUSY;
    const attempt = client.ask(anyName());
    await until(() => attempt.types.includes('queued'), 'the queue');
    expect(server.sockets.size).toBe(2);
  });

  it('are taken without a try while somebody of this client is in the queue', async () => {
    const name = anyName();
    const first = client.ask(name);
    await until(() => count('w') === 1, 'the wait');
    const second = client.ask(name);
    await until(() => count('w') === 2, 'the wait');
    expect([count('l'), first.types, second.types]).toEqual([1, ['queued'], ['queued']]);
    // Who would not wait tries.
    expect((await client.ask(name, { wait: false }).over()).types).toEqual(['held']);
    expect(count('l')).toBe(2);
  });

  it('that were left are used again, the hindmost first, by whoever wants as many', async () => {
    const name = anyName();
    const attempts = [];
    for (const limit of [2, 2, 2, 2, 3]) {
      const attempt = client.ask(name, { limit });
      attempts.push(attempt);
      await until(() => count('sw') === attempts.length, 'the wait');
    }
    // The order in which they are left says nothing.
    for (const index of [3, 0, 1, 2, 4]) attempts[index]!.leave();
    const again = client.ask(name, { limit: 2 });
    expect(again.types).toEqual(['queued']);
    // Whoever comes next gets another of them.
    const another = client.ask(name, { limit: 2 });
    expect(another.types).toEqual(['queued']);
    const other = client.ask(name, { limit: 9 });
    await until(() => other.types.includes('queued'), 'the queue');
    expect(count('se')).toBe(6);
    // The first connection is shared; the fifth waits in the fourth place.
    const [, , , , fourth] = server.sockets;
    fourth!.write('ok token 30\n');
    const granted = await again.granted();
    expect(granted).toMatchObject({ confirm: true, grant: { name } });
    expect(another.types).toEqual(['queued']);
    expect(attempts.flatMap(({ strays }) => strays)).toEqual([]);
  });

  it('that nobody waits in are given back, each once', async () => {
    const name = anyName();
    const attempts = Array.from({ length: 3 }, () => client.ask(name));
    await until(() => count('w') === 3, 'the wait');
    for (const attempt of attempts) attempt.leave();
    // Fewer were left than may be: whoever comes has a place of his own.
    const next = client.ask(name);
    await until(() => next.types.includes('queued'), 'the queue');
    for (const socket of server.sockets) if (socket !== [...server.sockets][0]) socket.write('ok token 30\n');
    await until(() => attempts.every(({ strays }) => strays.length === 1), 'the strays');
    expect((await next.granted()).confirm).toBe(true);
    server.script = () => 'ok';
    expect(await client.release(...attempts.flatMap(({ strays }) => strays))).toEqual([
      'released',
      'released',
      'released',
    ]);
    // The next finds no queue of this client.
    server.script = BUSY;
    await client.ask(name, { wait: false }).over();
    const last = client.ask(name);
    await until(() => last.types.includes('queued'), 'the queue');
    expect(count('l')).toBe(5);
  });
});
