import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import * as client from '../../../../src/compat/dflockd/index.js';
import { until } from '../../../support/poll.js';
import { list, start } from '../support/scripts.js';
import { errorOf, lockOf, semaphoreOf } from '../support/support.js';

describe('the fields of a lock', () => {
  it('can be assigned: what is asked for next goes by them', async () => {
    const [one, two] = [await list('ok a 33\n', 'ok\n'), await list('ok b 20\n', 'ok\n')];
    const lock = lockOf({ key: 'k', port: one.port, acquireTimeoutS: 3 });
    await lock.acquire();
    await lock.release();
    lock.key = 'other';
    lock.port = two.port;
    lock.acquireTimeoutS = 0.5;
    lock.leaseTtlS = 20.9;
    expect(lock.servers).toEqual([['127.0.0.1', two.port]]);
    expect(await lock.acquire()).toBe(true);
    await lock.release();
    expect(one.frames).toEqual([
      ['l', 'k', '3'],
      ['r', 'k', 'a'],
    ]);
    expect(two.frames).toEqual([
      ['l', 'other', '1 20'],
      ['r', 'other', 'b'],
    ]);
  });

  it('can be assigned: servers, and who has which', async () => {
    const server = await list('ok tok 33\n');
    const lock = lockOf({ key: 'k', servers: [['127.0.0.1', 1]] });
    lock.servers = [
      ['127.0.0.1', 1],
      ['127.0.0.1', server.port],
    ];
    lock.shardingStrategy = () => 1;
    expect(await lock.acquire()).toBe(true);
  });

  it('can be assigned: the limit, the token of the server, who is told of a loss', async () => {
    const server = await list('ok\n', 'ok tok 33\n');
    const lost: string[] = [];
    const place = semaphoreOf({ key: 'k', limit: 3, port: server.port });
    place.limit = 4;
    place.auth = 'hunter2';
    place.tls = undefined;
    place.onLockLost = (...told) => lost.push(told.join(' '));
    await place.acquire();
    expect(server.asked).toEqual(['auth hunter2', 'sl 10 4']);
    expect(inspect(place, { depth: 9, showHidden: true }) + JSON.stringify(place)).not.toContain('hunter2');
    for (const socket of server.sockets) socket.destroy();
    await until(() => lost.length > 0, 'the loss');
    expect(lost).toEqual(['k tok']);
  });

  it.each([
    ['key', 'a b'],
    ['acquireTimeoutS', -1],
    ['leaseTtlS', 0],
    ['renewRatio', 2],
    ['servers', []],
    ['port', 1.5],
  ] as const)('%s that is bad is refused by what goes by it', async (field, value) => {
    const lock = lockOf({ key: 'k' });
    Object.assign(lock, { [field]: value });
    expect(await errorOf(lock.acquire())).toMatchObject({ name: 'LockError', code: 'ERR_LOCK_VALIDATION' });
    expect(await errorOf(lock.enqueue())).toMatchObject({ name: 'LockError', code: 'ERR_LOCK_VALIDATION' });
  });

  it('token is what release gives back, until what is held changes', async () => {
    const server = await start(([command, , arg]) =>
      command === 'l' ? 'ok tok 33\n' : arg === 'tok' ? 'ok\n' : 'error\n',
    );
    const lock = lockOf({ key: 'k', port: server.port });
    lock.token = 'mine';
    lock.lease = 5;
    expect([lock.token, lock.lease]).toEqual(['mine', 5]);
    expect(await errorOf(lock.release())).toBeInstanceOf(client.LockError);
    await lock.acquire();
    expect([lock.token, lock.lease]).toEqual(['tok', 33]);
    lock.token = 'mine';
    expect([lock.token, lock.lease]).toEqual(['mine', 33]);
    expect(await errorOf(lock.release())).toBeInstanceOf(client.LockError);
    expect([lock.token, lock.lease]).toEqual([null, 0]);
    expect(server.asked).toEqual(['l 10', 'r mine']);
    await lock.acquire();
    lock.token = null;
    expect(await errorOf(lock.release())).toBeInstanceOf(client.LockError);
    lock.close();
    expect(server.asked.at(-1)).toBe('l 10');
  });
});
