import { describe, expect, it } from 'vitest';
import { setUp, type NativeClient } from './support/support.js';

const DONE = [{ type: 'done' }];
const wanted = (name: string) => ({ type: 'acquire' as const, name, ttl: 30_000, wait: true });

describe('a keep-alive', () => {
  it('keeps all locks for their own ttl from its receipt, but for those that are not to be kept', () => {
    const { client, core, time } = setUp();
    const one = client();
    one.take('short', { ttl: 10_000 });
    one.take('long', { ttl: 60_000 });
    one.take('once', { ttl: 20_000, renew: false });
    time.advance(5000);
    one.read();
    expect(one.alive()).toMatchObject(DONE);
    const rest = (name: string): number | undefined => core.table.status(name).expiresIn;
    expect(['short', 'long', 'once'].map(rest)).toEqual([10_000, 60_000, 15_000]);
    time.advance(9999);
    expect(rest('short')).toBe(1);
    time.advance(1);
    core.table.sweep();
    expect(one.read().filter(({ type }) => type !== 'tick')).toMatchObject([
      { type: 'lost', id: 1, reason: 'expired' },
    ]);
  });

  it('brings back nothing that is over', () => {
    const { client, time } = setUp();
    const one = client();
    one.take('a', { ttl: 1000, renew: false });
    one.take('b', { ttl: 60_000 });
    time.advance(1000);
    one.connection.frames.length = 0;
    // It believes in it still, and hears of the loss in the answer.
    expect(one.alive()).toMatchObject([{ type: 'lost', id: 1 }, { type: 'done' }]);
    expect(one.alive()).toMatchObject(DONE);
  });

  it('is asked for in each third of the smallest ttl, if it does not come', () => {
    const { client } = setUp();
    const [one, two] = [client(), client()];
    one.take('a', { ttl: 30_000 });
    expect(one.advance(9999)).toEqual([]);
    expect(one.advance(1)).toEqual([{ type: 'tick' }]);
    one.alive();
    one.take('b', { ttl: 3000 });
    expect(one.advance(1000)).toEqual([{ type: 'tick' }]);
    one.alive();
    one.release(one.lastId - 1);
    expect(one.advance(9000)).toEqual([]);
    // Who only waits is asked as well; who has nothing is not.
    two.ask({ ...wanted('a'), ttl: 6000 });
    expect(two.advance(2000)).toEqual([{ type: 'tick' }]);
    expect(two.advance(2000)).toEqual([{ type: 'tick' }]);
    two.ask({ type: 'leave', lock: 1 });
    expect(two.advance(20_000)).toEqual([]);
  });

  it('keeps a place in the queue; without it the place is lost', () => {
    const { client, core } = setUp();
    const [one, two, three] = [client(), client(), client()];
    one.take('a', { ttl: 600_000 });
    two.ask(wanted('a'));
    three.ask(wanted('a'));
    for (let time = 0; time < 60_000; time += 10_000) {
      expect(two.advance(10_000).filter(({ type }) => type === 'error')).toEqual([]);
      two.alive();
    }
    expect(core.table.status('a').waiters).toBe(1);
    expect(three.read().at(-1)).toMatchObject({ type: 'error', id: 1, code: 'gone' });
  });
});

describe('news', () => {
  it('that cross with a keep-alive are taken into account', () => {
    const { client } = setUp();
    const [one, two] = [client(), client()];
    two.take('a');
    one.ask(wanted('a'), wanted('b'));
    const { news, held } = one;
    const said = { type: 'alive' as const, news, count: held.count, hash: held.hash };
    // Granted and lost again, and granted: none of it was heard.
    two.release(1);
    two.ask({ type: 'revoke', name: 'b' });
    expect(one.ask(said)).toMatchObject([{ type: 'granted', id: 1 }, { type: 'lost', id: 2 }, { type: 'done' }]);
    expect(one.alive()).toMatchObject(DONE);
  });

  it('of a loss that crosses with a release are forgotten', () => {
    const { client } = setUp();
    const [one, two] = [client(), client()];
    one.take('a');
    one.take('b');
    const { news } = one;
    two.ask({ type: 'revoke', name: 'a' });
    one.connection.frames.length = 0;
    expect(one.release(1)).toMatchObject([{ type: 'error', code: 'gone' }]);
    const { count, hash } = one.held;
    expect(one.ask({ type: 'alive', news, count, hash })).toMatchObject(DONE);
  });

  it('of a loss that a leave brings about are forgotten', () => {
    const { client, time } = setUp();
    const one = client();
    one.send({ type: 'acquire', name: 'a', ttl: 1000, renew: false });
    time.advance(1000);
    expect(one.ask({ type: 'leave', lock: 1 }).at(-1)).toMatchObject({ type: 'error', code: 'gone' });
    expect(one.ask({ type: 'alive', news: 1, count: 0, hash: 0 })).toMatchObject(DONE);
  });

  it('are no excuse for believing in too much', () => {
    const { client } = setUp();
    const one = client();
    one.take('a');
    const { count, hash } = one.held;
    one.release(1);
    expect(one.ask({ type: 'alive', news: 0, count, hash })).toMatchObject([{ type: 'mismatch' }]);
  });

  it('that are never heard end the dialogue', () => {
    const { client } = setUp({ limits: { locks: 10 } });
    const one = client();
    for (let index = 0; index < 10_020 && one.connection.code === undefined; index++) {
      one.ask({ type: 'acquire', name: 'a', ttl: 30_000 }, { type: 'leave', lock: one.lastId + 1 });
    }
    expect(one.connection.code).toBe(1002);
  });
});

describe('a client that lies about what it holds', () => {
  it('keeps nothing until it has settled', () => {
    const { client, core } = setUp();
    const one = client();
    for (const name of ['a', 'b', 'c']) one.take(name);
    one.advance(10_000);
    const { news } = one;
    for (const lie of [
      { count: 3, hash: 1 },
      { count: 2, hash: one.held.hash },
      { count: 0, hash: 0 },
    ]) {
      expect(one.ask({ type: 'alive', news, ...lie })).toMatchObject([{ type: 'mismatch' }]);
    }
    expect(core.table.status('a').expiresIn).toBe(20_000);
    expect(one.settle([], [1, 3, 99])).toMatchObject([
      { type: 'lost', id: 99, reason: 'gone' },
      { type: 'done', id: one.lastId },
    ]);
    one.forget(2);
    expect([core.table.status('b').holders, core.table.status('a').expiresIn]).toEqual([0, 30_000]);
    expect(one.alive()).toMatchObject(DONE);
  });

  it('is told again what it has not heard', () => {
    const { client } = setUp();
    const one = client();
    one.take('a');
    // As if that had not come.
    one.forget(1);
    expect(one.alive()).toMatchObject([{ type: 'mismatch' }]);
    expect(one.settle([1])).toMatchObject([{ type: 'granted', id: 1, news: 2, token: 1 }, { type: 'done' }]);
    expect(one.alive()).toMatchObject(DONE);
  });

  it('settles in parts', () => {
    const { client, core } = setUp();
    const one = client();
    for (const name of ['a', 'b', 'c']) one.take(name);
    const { news } = one;
    expect(one.ask({ type: 'settle', news, holds: [1], wants: [], more: true })).toMatchObject(DONE);
    expect(core.table.status('b').holders).toBe(1);
    expect(one.ask({ type: 'settle', news, holds: [2], wants: [] })).toMatchObject(DONE);
    expect(['a', 'b', 'c'].map((name) => core.table.status(name).holders)).toEqual([1, 1, 0]);
  });

  it('is not given what it does not want when what it holds too much is given back', () => {
    const { client, core } = setUp();
    const one = client();
    one.take('a');
    one.ask(wanted('a'), wanted('a'));
    expect(one.settle([3], [])).toMatchObject([
      { type: 'queued', id: 3 },
      { type: 'granted', id: 3 },
      { type: 'done' },
    ]);
    expect(core.table.status('a').waiters).toBe(0);
  });
});

describe('a connection that drops', () => {
  const held = () => {
    const all = setUp();
    const one = all.client('one');
    one.take('a');
    return { ...all, one };
  };

  it('loses no lock if the client comes back in time', () => {
    const { one, core, front, time } = held();
    one.drop();
    time.advance(20_000);
    const { answers } = one.reconnect();
    expect(answers).toMatchObject([{ type: 'welcome', resumed: true }]);
    expect(one.settle()).toMatchObject(DONE);
    expect(core.table.status('a').expiresIn).toBe(30_000);
    expect(one.alive()).toMatchObject(DONE);
    expect(front.sessions).toBe(1);
  });

  it('loses all when the ttl is over', () => {
    const { one, front, time } = held();
    one.drop();
    time.advance(29_999);
    expect(front.sessions).toBe(1);
    time.advance(2);
    expect(front.sessions).toBe(0);
    expect(one.reconnect().answers).toMatchObject([{ type: 'welcome', resumed: false }]);
  });

  it('ends a session that has nothing at once', () => {
    const { client, front } = setUp();
    const one = client();
    one.drop();
    expect(front.sessions).toBe(0);
  });

  it('is closed by the one that goes on, half open as it is, and what it had sent is not read', () => {
    const { one, core } = held();
    const { old } = one.reconnect();
    expect(old.code).toBe(4000);
    expect(old.frames.at(-1)).toContain('"replaced"');
    old.dialogue!.received('[{"type":"release","id":50,"lock":1}]');
    one.settle();
    expect(core.table.status('a').holders).toBe(1);
    // Its end, when it comes, is nobody's.
    one.drop(old);
    expect(one.alive()).toMatchObject(DONE);
  });

  it('has what it sent and was not read yet discarded', () => {
    const { one, core, time } = held();
    const { connection } = one;
    // Nothing is answered while the client does not read.
    connection.backlog = 1e5;
    one.send({ type: 'release', lock: 1 });
    expect(core.table.status('a').holders).toBe(1);
    one.reconnect();
    connection.backlog = 0;
    connection.dialogue!.drained();
    time.advance(10);
    one.settle();
    expect(core.table.status('a').holders).toBe(1);
  });

  it('gives back what the client does not believe in, and what it does not wait for any more', () => {
    const { one, core, client } = held();
    const two = client();
    two.take('b');
    two.take('c');
    one.ask(wanted('b'), wanted('c'));
    one.forget(1);
    one.reconnect();
    expect(one.settle([3])).toMatchObject([{ type: 'queued', id: 3 }, { type: 'done' }]);
    expect(core.table.status('a').holders).toBe(0);
    expect(core.table.status('b').waiters).toBe(0);
    expect(core.table.status('c').waiters).toBe(1);
  });

  it('tells after the return what was granted while nobody listened, with a fresh ttl', () => {
    const { one, client, core, time } = held();
    const two = client();
    two.take('b');
    two.take('c');
    one.ask(wanted('b'), wanted('c'));
    one.drop();
    two.release(1);
    two.release(2);
    time.advance(10_000);
    one.reconnect();
    expect(one.connection.frames).toEqual([]);
    expect(one.settle([2])).toMatchObject([{ type: 'granted', id: 2, token: 4 }, { type: 'done' }]);
    expect(core.table.status('b').expiresIn).toBe(30_000);
    expect(core.table.status('c').holders).toBe(0);
    expect(one.alive()).toMatchObject(DONE);
  });

  it('says what was lost meanwhile, and what has never arrived', () => {
    const { one, client } = held();
    one.take('b');
    one.drop();
    client().ask({ type: 'revoke', name: 'a' });
    one.reconnect();
    expect(one.settle([77])).toMatchObject([
      { type: 'lost', id: 1, reason: 'gone' },
      { type: 'error', id: 77, code: 'gone' },
      { type: 'done' },
    ]);
    one.forget(1);
    expect(one.alive()).toMatchObject(DONE);
  });

  it('lets its places in queues go when their ttl is over', () => {
    const { client, core, time } = setUp();
    const [one, two] = [client(), client()];
    one.take('a', { ttl: 600_000 });
    two.ask({ ...wanted('a'), ttl: 5000 });
    two.drop();
    time.advance(4999);
    expect(core.table.status('a').waiters).toBe(1);
    time.advance(2);
    expect(core.table.status('a').waiters).toBe(0);
  });

  it('wants to be settled before anything else', () => {
    const { one } = held();
    one.reconnect();
    expect(one.alive()).toMatchObject([{ type: 'bye', code: 'protocol' }]);
    expect(one.connection.code).toBe(1002);
  });
});

describe('the secret of a session', () => {
  const come = (one: NativeClient, secret: string) =>
    one.reconnect({ session: { id: one.session!.id, secret } }).answers[0];

  it('is another each time, and works once', () => {
    const { client } = setUp();
    const one = client();
    one.take('a');
    const first = one.session!.secret;
    one.reconnect();
    one.settle();
    const second = one.session!.secret;
    expect(second).not.toBe(first);
    expect(come(one, first)).toMatchObject({ type: 'welcome', resumed: false });
  });

  it('works until it is sure that the client has the next', () => {
    const { client } = setUp();
    const one = client();
    one.take('a');
    const { id, secret } = one.session!;
    // These answers are lost on their way.
    for (let times = 0; times < 3; times++) {
      one.reconnect({ session: { id, secret } });
    }
    const last = one.session!.secret;
    expect(one.settle()).toMatchObject(DONE);
    expect(come(one, secret)).toMatchObject({ resumed: false });
    one.session = { id, secret: last };
    expect(come(one, last)).toMatchObject({ resumed: true });
  });

  it('is of no use to somebody else, nor is a wrong one', () => {
    const { client } = setUp();
    const one = client();
    one.take('a');
    const { secret } = one.session!;
    expect(come(one, secret.slice(1))).toMatchObject({ resumed: false });
  });
});
