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

  const start = (called: number, answered: number): Operation => of(-1, 'start' as const, true, called, answered);
  const lived = (operation: Operation, ttl: number): Operation => ({ ...operation, ttl });
  const bearing = (operation: Operation, token: number): Operation => ({ ...operation, token });
  const untold = (operation: Operation): Operation => ({ ...operation, ok: undefined });
  const [mine, yours] = [of(0, 'acquire', true, 1, 2), of(1, 'acquire', true, 13, 14)];

  it.each([
    ['a lock that is forgotten by a start', [mine, start(5, 6), yours]],
    ['one that does not live its ttl', [lived(mine, 10), lived(of(1, 'acquire', true, 9, 10.5), 10)]],
    ['one that does not live its ttl from a start', [lived(mine, 10), start(5, 6), lived(yours, 10)]],
    ['a token that is not greater', [bearing(mine, 7), of(0, 'release', true, 3, 4), bearing(yours, 7)]],
    [
      'one that is told again after a start',
      [bearing(mine, 7), start(5, 6), { ...bearing(of(0, 'acquire', true, 7, 8), 7), reenters: true }],
    ],
    ['a release that is undone without a start', [mine, of(0, 'release', true, 3, 4), of(1, 'acquire', false, 5, 6)]],
    [
      'one that is undone though another got the lock since',
      [mine, of(0, 'release', true, 3, 4), of(1, 'acquire', true, 5, 6), start(7, 8), of(0, 'release', true, 9, 10)],
    ],
    [
      'a call that happens after its connection is gone',
      [untold(mine), of(1, 'acquire', true, 3, 4), of(1, 'release', true, 5, 6), of(1, 'acquire', false, 7, 8)],
    ],
  ])('finds %s', (_, operations) => {
    expect(isLinearizable(operations)).toBe(false);
  });

  it.each([
    ['a call that nobody answered, and that has happened', [untold(mine), of(1, 'acquire', false, 3, 4)]],
    ['or not', [untold(mine), of(1, 'acquire', true, 3, 4)]],
    ['a lock that runs out', [lived(mine, 10), lived(yours, 10)]],
    [
      'a lock that outlives a start, and runs out then',
      [lived(mine, 10), start(5, 6), lived({ ...yours, called: 16, answered: 17 }, 10)],
    ],
    [
      'a release that is undone by a start',
      [mine, of(0, 'release', true, 3, 4), start(5, 6), of(1, 'acquire', false, 7, 8)],
    ],
    [
      'a token that is told again to whoever still has it',
      [bearing(mine, 7), { ...bearing(of(0, 'acquire', true, 3, 4), 7), reenters: true }],
    ],
    [
      'a release that is undone though somebody was refused by a grant that was undone as well',
      [
        ...[mine, of(0, 'release', true, 3, 4), untold(of(1, 'acquire', true, 5, 9)), of(2, 'acquire', false, 7, 8)],
        ...[start(8.5, 10), of(0, 'release', true, 11, 12)],
      ],
    ],
  ])('accepts %s', (_, operations) => {
    expect(isLinearizable(operations)).toBe(true);
  });

  it('accepts two calls at the same time in either order', () => {
    expect(
      isLinearizable([of(0, 'acquire', true, 1, 2), of(0, 'release', true, 3, 6), of(1, 'acquire', true, 4, 5)]),
    ).toBe(true);
  });
});
