import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../../support/poll.js';
import { Journal } from './support/journal.js';
import { dflockdClient, httpClient, nativeClient, work, type Field } from './support/kill-clients.js';
import { KillTarget } from './support/kill-target.js';

const ROUNDS = 20;
const CLIENTS = 8;

let target: KillTarget | undefined;
afterEach(async () => {
  await target?.remove();
});

describe('a server that is killed under load, again and again', () => {
  it('loses no lock that it has told, tells nobody of one that may be believed in, and repeats no token', async () => {
    const server = (target = new KillTarget());
    await server.start();
    const journal = new Journal();
    const names = Array.from({ length: 40 }, (_, index) => `k${String(index)}`);
    const field: Field = { journal, ports: server.ports, names, isOver: false };
    const workers = [dflockdClient, httpClient, nativeClient].flatMap((make) =>
      Array.from({ length: CLIENTS }, (_, user) => work(make(field, user), field)),
    );
    for (let round = 0; round < ROUNDS; round++) {
      await sleep(100 + Math.random() * 900);
      await server.kill();
      await server.start();
    }
    // However slow the machine is: each of them has done something.
    const isEnough = (): boolean => ['dflockd', 'http', 'native'].every((front) => (journal.by[front] ?? 0) > 100);
    await until(isEnough, 'a hundred grants of each protocol', 60_000);
    field.isOver = true;
    await Promise.all(workers);
    expect(journal.check()).toEqual([]);
  }, 180_000);
});
