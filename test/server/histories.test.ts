import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLockServer } from '../../src/server/daemon/create-lock-server.js';
import type { LockServer } from '../../src/server/daemon/lock-server.js';
import { dflockdClient, httpClient, nativeClient, type Field, type KillClient } from './store/support/kill-clients.js';
import { isLinearizable, type Operation } from './support/is-linearizable.js';

const HISTORIES = 60;
const ROUNDS = 4;
/** So that nothing runs out by itself. */
const TTL = 60_000;

describe('a server with three protocols', () => {
  let server: LockServer;
  let clients: KillClient[];

  beforeAll(async () => {
    server = await createLockServer({ ws: 0, http: 0, dflockd: 0, ephemeral: { wait: false, fencing: true } });
    const { ws, http, dflockd } = server.addresses;
    const at = (port = 0): Pick<Field, 'ports'> => ({ ports: { http: port, dflockd: dflockd?.port ?? 0 } });
    clients = [0, 1].flatMap((user) => [
      nativeClient(at(ws?.port)),
      httpClient(at(http?.port), user),
      dflockdClient(at()),
    ]);
  });

  afterAll(() => server.close());

  it('answers as one lock would, whoever asks over which protocol at the same time', async () => {
    let granted = 0;
    let refused = 0;
    for (let history = 0; history < HISTORIES; history++) {
      const operations = await record(clients, `job-${String(history)}`);
      granted += operations.filter(({ what, ok }) => what === 'acquire' && ok).length;
      refused += operations.filter(({ what, ok }) => what === 'acquire' && !ok).length;
      expect(isLinearizable(operations), JSON.stringify(operations)).toBe(true);
    }
    // They did meet.
    expect(granted).toBeGreaterThan(HISTORIES);
    expect(refused).toBeGreaterThan(HISTORIES);
  });
});

/** All of them at once, each a few times: they ask, and give back what they got. */
async function record(clients: readonly KillClient[], name: string): Promise<Operation[]> {
  const operations: Operation[] = [];
  let moment = 0;
  const call = async (client: number, what: Operation['what'], ask: () => Promise<boolean>): Promise<boolean> => {
    const called = ++moment;
    const ok = await ask();
    operations.push({ client, what, ok, called, answered: ++moment });
    return ok;
  };
  await Promise.all(
    clients.map(async (one, client) => {
      for (let round = 0; round < ROUNDS && operations.length + clients.length * 2 <= 30; round++) {
        const isMine = await call(client, 'acquire', async () => (await one.acquire(name, TTL)) !== undefined);
        if (isMine) await call(client, 'release', async () => (await one.release(name), true));
      }
    }),
  );
  return operations;
}

describe('the check of a history', () => {
  const of = (client: number, what: Operation['what'], ok: boolean, called: number, answered: number): Operation => ({
    client,
    what,
    ok,
    called,
    answered,
  });

  it.each([
    ['two who have it at once', [of(0, 'acquire', true, 1, 2), of(1, 'acquire', true, 3, 4)]],
    ['one who is refused a free lock', [of(0, 'acquire', false, 1, 2)]],
    [
      'one who is refused after it was given back',
      [of(0, 'acquire', true, 1, 2), of(0, 'release', true, 3, 4), of(1, 'acquire', false, 5, 6)],
    ],
  ])('finds %s', (_, operations) => {
    expect(isLinearizable(operations)).toBe(false);
  });

  it('accepts two calls at the same time in either order', () => {
    expect(
      isLinearizable([of(0, 'acquire', true, 1, 2), of(0, 'release', true, 3, 6), of(1, 'acquire', true, 4, 5)]),
    ).toBe(true);
  });
});
