import { describe, expect, it } from 'vitest';
import { readServerFrame } from '../../../src/native/frame.js';
import type { ServerMessage } from '../../../src/native/from-server.js';
import { ANYBODY, type Principals } from '../../../src/server/principals.js';
import { TokenPrincipals } from '../../../src/server/token-principals.js';
import { Client } from '../../table/support/support.js';
import { setUp } from './support/support.js';

const TOKENS = [
  { name: 'ann', token: 'ann-token' },
  { name: 'bob', token: 'bob-token' },
];

describe('the first frame', () => {
  it.each([
    [[1], [1], 1],
    [[1], [1, 2], 1],
    [[1, 2], [1, 2], 2],
    [[2, 3], [1, 2], 2],
  ])('of a client of %j to a server of %j agrees on %d', (theirs, versions, version) => {
    const { stranger } = setUp({ versions });
    expect(stranger().hello({ versions: theirs })).toMatchObject([{ type: 'welcome', version }]);
  });

  it.each([
    [[1], [2]],
    [[2], [1]],
  ])('of a client of %j to a server of %j is refused, and told what the server speaks', (theirs, versions) => {
    const { stranger } = setUp({ versions });
    const one = stranger();
    expect(one.hello({ versions: theirs })).toMatchObject([{ type: 'refused', code: 'version', versions }]);
    expect(one.connection.code).toBe(1002);
  });

  it.each(['[{"type":"end","id":1}]', '[{"type":"hello","versions":[1]},{"type":"end","id":1}]', '{', ''])(
    'is not %s',
    (text) => {
      const { stranger } = setUp();
      const one = stranger();
      one.raw(text);
      expect(one.read()).toMatchObject([{ type: 'refused', code: 'protocol' }]);
    },
  );

  it('is said once', () => {
    const { client } = setUp();
    expect(client().hello()).toMatchObject([{ type: 'bye', code: 'protocol' }]);
  });

  it('comes in time', () => {
    const { stranger } = setUp({ limits: { handshakeTime: '2s' } });
    const one = stranger();
    expect(one.advance(1999)).toEqual([]);
    expect(one.advance(1)).toMatchObject([{ type: 'refused', code: 'silent' }]);
    expect(one.connection.code).toBe(1008);
  });

  it('makes who says it no stranger', () => {
    const { stranger } = setUp();
    const one = stranger();
    expect(one.connection.isWelcome).toBe(false);
    one.hello();
    expect(one.connection.isWelcome).toBe(true);
  });

  it('says the limits', () => {
    const { stranger } = setUp({ limits: { frame: 1024, locks: 2, waiters: 0, watches: 4 }, fencing: false });
    expect(stranger().hello()).toMatchObject([
      {
        fencing: false,
        limits: { frame: 1024, locks: 2, waiters: 2 ** 31 - 1, watches: 4, minTtl: 1000, maxTtl: 3_600_000 },
      },
    ]);
  });
});

describe('a token', () => {
  it('is needed, and names the holder where nothing else does', () => {
    const { stranger, core } = setUp({ principals: new TokenPrincipals(TOKENS) });
    const one = stranger();
    one.ask({ type: 'hello', versions: [1], token: 'ann-token' });
    one.take('a');
    expect(core.table.status('a').holder).toBe('ann');
    expect(stranger().hello()).toMatchObject([{ type: 'refused', code: 'auth' }]);
  });

  it('is slow to guess', () => {
    const { stranger, time } = setUp({ principals: new TokenPrincipals(TOKENS) });
    const all = Array.from({ length: 100 }, () => stranger('one place'));
    for (const one of all) one.send({ type: 'hello', versions: [1], token: 'wrong' });
    time.advance(1000);
    // Eleven at once, and ten a second.
    expect(all.flatMap((one) => one.read())).toHaveLength(11 + 10);
    // Elsewhere nobody has to wait for that.
    const other = stranger('another');
    expect(other.ask({ type: 'hello', versions: [1], token: 'ann-token' })).toMatchObject([{ type: 'welcome' }]);
    for (const one of all) one.drop();
  });

  it('of somebody else is of no use for a session', () => {
    const { stranger } = setUp({ principals: new TokenPrincipals(TOKENS) });
    const one = stranger();
    one.hello({ token: 'ann-token' });
    one.take('a');
    expect(one.reconnect({ token: 'bob-token' }).answers).toMatchObject([{ resumed: false }]);
  });

  it('that is not valid any more ends the dialogue', () => {
    let listener = (): void => undefined;
    let valid = true;
    const principals: Principals = {
      ...ANYBODY,
      has: () => valid,
      onChange: (changed) => {
        listener = changed;
        return () => undefined;
      },
    };
    const { client } = setUp({ principals });
    const one = client();
    listener();
    expect(one.connection.code).toBeUndefined();
    valid = false;
    listener();
    expect(one.read()).toMatchObject([{ type: 'bye', code: 'auth' }]);
  });
});

describe('limits', () => {
  it('of locks and of places in queues', () => {
    const { client, core } = setUp({ limits: { locks: 2, waiters: 1 } });
    const [one, two] = [client(), client()];
    for (const name of ['a', 'b']) two.take(name);
    expect(two.ask({ type: 'acquire', name: 'c', ttl: 30_000 })).toMatchObject([{ type: 'error', code: 'limit' }]);
    one.ask({ type: 'acquire', name: 'a', ttl: 30_000, wait: true });
    expect(one.ask({ type: 'acquire', name: 'b', ttl: 30_000, wait: true })).toMatchObject([{ code: 'limit' }]);
    // What is free need not be waited for.
    one.take('c', { wait: true });
    expect(core.table.status('b').waiters).toBe(0);
    two.release(1);
    expect(one.read()).toMatchObject([{ type: 'granted', id: 1 }]);
    two.take('d');
  });

  it('of all sessions together', () => {
    const { client } = setUp({ limits: { places: 2 } });
    const [one, two] = [client(), client()];
    one.take('a');
    const [detached] = one.ask({ type: 'detach', lock: 1 });
    two.take('b');
    expect(two.ask({ type: 'acquire', name: 'c', ttl: 30_000 })).toMatchObject([{ code: 'limit' }]);
    const { secret } = detached as Extract<ServerMessage, { type: 'detached' }>;
    // It is of those that there are.
    expect(two.ask({ type: 'adopt', name: 'a', secret, ttl: 30_000 })).toMatchObject([{ type: 'granted', token: 1 }]);
    two.release(1);
    two.take('c');
  });

  it('of all together: what is kept after its release counts, and what others of the table hold', () => {
    const { client, core } = setUp({ limits: { places: 2 } });
    const one = client();
    one.take('a');
    one.release(1, 50_000);
    core.table.acquire(new Client('other', []).place('b', 90_000), false);
    expect(one.ask({ type: 'acquire', name: 'c', ttl: 30_000 })).toMatchObject([{ code: 'limit' }]);
    expect(one.advance(50_000)).toEqual([]);
    client().take('c');
  });

  it('of a ttl, and not of what a lock stays taken for after its release', () => {
    const { client, core, time } = setUp();
    const one = client();
    one.take('a');
    expect(one.release(1, 7_200_000)).toMatchObject([{ type: 'done' }]);
    time.advance(7_199_999);
    expect(core.table.status('a').holders).toBe(1);
    time.advance(1);
    expect(core.table.status('a').holders).toBe(0);
  });

  it('of watches', () => {
    const { client } = setUp({ limits: { watches: 1 } });
    const one = client();
    one.ask({ type: 'watch', name: 'a' });
    expect(one.ask({ type: 'watch', name: 'b' })).toMatchObject([{ type: 'error', code: 'limit' }]);
    one.ask({ type: 'unwatch', watch: 1 });
    expect(one.ask({ type: 'watch', name: 'b' })).toMatchObject([{ type: 'status' }]);
  });

  it('of asks a second, but for those that end something or keep it', () => {
    const { client, time } = setUp({ limits: { operationsPerSecond: 2 } });
    const one = client();
    one.take('a');
    one.take('b');
    const [refused] = one.ask({ type: 'acquire', name: 'c', ttl: 30_000 });
    expect(refused).toMatchObject({ type: 'error', code: 'limit', retryAfter: 500 });
    expect(one.alive()).toMatchObject([{ type: 'done' }]);
    expect(one.release(1)).toMatchObject([{ type: 'done' }]);
    time.advance(500);
    one.take('c');
  });

  it('of lists that are still to be told', () => {
    const { client } = setUp();
    const one = client();
    for (let i = 0; i < 200; i++) one.take(`n/${String(i)}`);
    one.send(...Array.from({ length: 65 }, () => ({ type: 'list' as const })));
    const first = one.read();
    expect(first.filter(({ type }) => type === 'error')).toMatchObject([{ code: 'limit' }]);
    let told = first.filter(({ type }) => type === 'list').length;
    for (let i = 0; i < 200; i++) told += one.advance(1).filter(({ type }) => type === 'list').length;
    expect(told).toBe(128);
  });

  it('of what may be claimed', () => {
    const { client } = setUp({ limits: { locks: 1, waiters: 1 } });
    const one = client();
    expect(one.ask({ type: 'settle', news: 0, holds: [1, 2, 3], wants: [4, 5] })).toMatchObject([
      { type: 'bye', code: 'limit' },
    ]);
  });
});

describe('a frame of many asks', () => {
  it('is answered in parts, in its order: the client goes on with the first while the rest is done', () => {
    const { client } = setUp();
    const one = client();
    const asks = Array.from({ length: 60 }, (_, i) => ({ type: 'acquire' as const, name: `n${i}`, ttl: 30_000 }));
    one.send(...asks);
    expect(one.connection.frames.map((frame) => readServerFrame(frame).length)).toEqual([24, 24, 12]);
    expect(one.read().map(({ type }) => type)).toEqual(asks.map(() => 'granted'));
  });
});

describe('a client that is slow', () => {
  it('is not read while it has not taken what it was told', () => {
    const { client, core } = setUp();
    const one = client();
    one.connection.backlog = 1e5;
    for (let index = 0; index < 20; index++) one.send({ type: 'acquire', name: 'a', ttl: 30_000 });
    expect(one.connection.isPaused).toBe(true);
    expect(core.table.size).toBe(0);
    one.connection.backlog = 0;
    one.connection.dialogue!.drained();
    expect([one.connection.isPaused, core.table.size]).toEqual([false, 1]);
  });

  it('is cut off when it takes nothing for too long, and keeps its session', () => {
    const { client, front, kit } = setUp({ limits: { stallTime: '5s' } });
    const one = client();
    one.take('a');
    one.connection.backlog = 10;
    one.send({ type: 'status', name: 'a' });
    one.advance(4999);
    expect(one.connection.code).toBeUndefined();
    one.advance(1);
    expect(one.connection.code).toBe('destroyed');
    one.drop();
    expect([front.connections, front.sessions]).toEqual([0, 1]);
    expect(kit.meters.front('ws').cut.counts.get('stalled')).toBe(1);
  });

  it('is cut off when it leaves too much with the server', () => {
    const { client } = setUp({ limits: { bufferedPerClient: 200_000 } });
    const one = client();
    one.connection.backlog = 199_000;
    one.send({ type: 'status', name: 'a' });
    expect(one.connection.code).toBeUndefined();
    one.connection.backlog = 201_000;
    one.send({ type: 'status', name: 'a' });
    expect(one.connection.code).toBe('destroyed');
  });

  it('is the first to be cut off when all together leave too much', () => {
    const { client } = setUp({ limits: { buffered: 100_000 } });
    const [one, two] = [client(), client()];
    two.connection.backlog = 30_000;
    two.send({ type: 'status', name: 'a' });
    one.connection.backlog = 80_000;
    one.send({ type: 'status', name: 'a' });
    one.connection.dialogue!.drained();
    two.send({ type: 'status', name: 'a' });
    expect([one.connection.code, two.connection.code]).toEqual(['destroyed', undefined]);
  });

  it('is told of what it watches once it can hear it', () => {
    const { client } = setUp();
    const [one, two] = [client(), client()];
    two.ask({ type: 'watch', name: 'a' });
    two.connection.backlog = 1e5;
    for (let index = 0; index < 100; index++) one.release(one.take('a'));
    expect(two.read()).toEqual([]);
    two.connection.backlog = 0;
    two.connection.dialogue!.drained();
    expect(two.read()).toMatchObject([{ type: 'status', status: { holders: 0 } }]);
  });
});

describe('a client that is silent', () => {
  it('is asked whether it is there, and given up if it is not', () => {
    const { client, front } = setUp();
    const one = client();
    one.advance(29_999);
    expect(one.connection.pings).toBe(0);
    one.advance(1);
    expect(one.connection.pings).toBe(1);
    one.connection.dialogue!.ponged();
    one.advance(30_000);
    expect([one.connection.pings, one.connection.code]).toEqual([2, undefined]);
    one.advance(30_000);
    expect(one.connection.code).toBe('destroyed');
    one.drop();
    expect(front.connections).toBe(0);
  });

  it('is cut off if it was told to go and does not', () => {
    const { client } = setUp();
    const one = client();
    one.raw('nonsense');
    expect(one.connection.code).toBe(1002);
    const { connection } = one;
    connection.code = undefined;
    one.advance(5000);
    expect(connection.code).toBe('destroyed');
  });
});

describe('a front that stops', () => {
  it('grants nothing new while it drains, and takes back what is given back', () => {
    const { client, front } = setUp();
    const one = client();
    one.take('a');
    front.drain();
    expect(one.ask({ type: 'acquire', name: 'b', ttl: 30_000 })).toMatchObject([{ type: 'error', code: 'closing' }]);
    expect(one.release(1)).toMatchObject([{ type: 'done' }]);
    expect(front.refusal).toBe(503);
  });

  it('refuses who waits when it begins to drain, and hands nothing over that is given back', () => {
    const { client, front, core } = setUp();
    const [one, two, three] = [client(), client(), client()];
    const held = one.take('a');
    const limited = (permits: number, wait: boolean) =>
      ({ type: 'acquire', name: 's', ttl: 30_000, limit: 2, permits, wait }) as const;
    const semaphore = one.send(limited(2, false));
    one.read();
    const waits = [two.send({ type: 'acquire', name: 'a', ttl: 30_000, wait: true }), two.send(limited(1, true))];
    // If who is before it went, this one would be next.
    three.ask({ type: 'acquire', name: 'a', ttl: 30_000, mode: 'shared', wait: true });
    two.read();
    front.drain();
    expect(two.read()).toMatchObject(waits.map((id) => ({ type: 'error', id, code: 'closing' })));
    expect(three.read()).toMatchObject([{ type: 'error', code: 'closing' }]);
    one.alive();
    one.ask({ type: 'release', lock: held });
    one.ask({ type: 'release', lock: semaphore });
    expect([two.read(), three.read(), core.table.counts]).toEqual([[], [], { held: 0, waiting: 0 }]);
  });

  it('says so, and keeps no timer', () => {
    const { client, front, time } = setUp();
    const one = client();
    one.take('a');
    front.close();
    expect(one.read()).toMatchObject([{ type: 'bye', code: 'closing' }]);
    expect(one.connection.code).toBe(1001);
    one.drop();
    time.advance(120_000);
    expect(front.connections).toBe(0);
  });
});
