import { describe, expect, it } from 'vitest';
import { setUp } from './support/support.js';

describe('locks over the native protocol', () => {
  it('are granted, told and given back', () => {
    const { client, core } = setUp();
    const one = client();
    expect(one.ask({ type: 'acquire', name: 'a', ttl: 30_000, metadata: 'm' })).toEqual([
      { type: 'granted', id: 1, news: 1, token: 1, metadata: 'm' },
    ]);
    expect(core.table.status('a')).toMatchObject({ holder: 'me', metadata: 'm', expiresIn: 30_000 });
    expect(one.release(1)).toEqual([{ type: 'done', id: 2 }]);
    expect(core.table.status('a').holders).toBe(0);
    expect(one.release(1)).toEqual([{ type: 'error', id: 3, code: 'gone', message: expect.any(String) }]);
  });

  it('are refused to who does not wait, and queued for who does', () => {
    const { client } = setUp();
    const [one, two, three] = [client('one'), client('two'), client('three')];
    const lock = one.take('a');
    const by = { holder: 'one', mode: 'exclusive', expiresIn: 30_000 };
    expect(two.ask({ type: 'acquire', name: 'a', ttl: 30_000 })).toEqual([{ type: 'held', id: 1, ...by }]);
    expect(two.ask({ type: 'acquire', name: 'a', ttl: 30_000, wait: true })).toEqual([
      { type: 'queued', id: 2, position: 0, ...by },
    ]);
    expect(three.ask({ type: 'acquire', name: 'a', ttl: 30_000, wait: true })).toMatchObject([
      { type: 'queued', position: 1 },
    ]);
    one.release(lock);
    expect(two.read()).toEqual([{ type: 'granted', id: 2, news: 1, token: 2 }]);
    expect(three.advance(250)).toEqual([{ type: 'position', id: 1, position: 0 }]);
    two.release(2);
    expect(three.read()).toMatchObject([{ type: 'granted', id: 1, token: 3 }]);
  });

  it('all that is told in a turn is told in one frame, and what a frame asks for is one turn', () => {
    const { client } = setUp();
    const [one, two] = [client(), client()];
    for (const name of ['a', 'b']) one.take(name);
    two.send(
      { type: 'acquire', name: 'a', ttl: 30_000, wait: true },
      { type: 'acquire', name: 'b', ttl: 30_000, wait: true },
      { type: 'acquire', name: 'c', ttl: 30_000 },
    );
    expect(two.connection.frames).toHaveLength(1);
    expect(two.read().map(({ type }) => type)).toEqual(['queued', 'queued', 'granted']);
    one.send({ type: 'release', lock: 1 }, { type: 'release', lock: 2 });
    expect([one.connection.frames.length, two.connection.frames.length]).toEqual([1, 1]);
    expect(two.read().map(({ type }) => type)).toEqual(['granted', 'granted']);
  });

  it('can be shared, and a writer is waited for', () => {
    const { client } = setUp();
    const [one, two, three] = [client(), client(), client()];
    one.take('a', { mode: 'shared' });
    two.take('a', { mode: 'shared' });
    expect(three.ask({ type: 'acquire', name: 'a', ttl: 30_000, wait: true })).toMatchObject([
      { type: 'queued', mode: 'shared' },
    ]);
    expect(one.ask({ type: 'acquire', name: 'a', ttl: 30_000, mode: 'shared' })).toMatchObject([{ type: 'held' }]);
    one.release(1);
    expect(three.read()).toEqual([]);
    two.release(1);
    expect(three.read()).toMatchObject([{ type: 'granted' }]);
  });

  it('have permits', () => {
    const { client } = setUp();
    const [one, two] = [client(), client()];
    one.take('s', { limit: 3, permits: 2 });
    expect(two.ask({ type: 'acquire', name: 's', ttl: 30_000, limit: 3, permits: 2, wait: true })).toMatchObject([
      { type: 'queued' },
    ]);
    expect(two.ask({ type: 'acquire', name: 's', ttl: 30_000, limit: 2 })).toMatchObject([
      { type: 'error', code: 'limit-mismatch', message: 'limit 2 differs from the limit 3 that others use' },
    ]);
    expect(two.ask({ type: 'status', name: 's', semaphore: true })).toMatchObject([
      { status: { holders: 1, waiters: 1, limit: 3, permits: 2 } },
    ]);
    expect(two.ask({ type: 'status', name: 's' })).toMatchObject([{ status: { holders: 0 } }]);
    one.release(1);
    expect(two.read()).toMatchObject([{ type: 'granted', id: 1 }]);
  });

  it.each([
    { name: 'a b', ttl: 30_000 },
    { name: 'a', ttl: 999 },
    { name: 'a', ttl: 3_600_001 },
    { name: 'a', ttl: 30_000, permits: 2 },
    { name: 'a', ttl: 30_000, limit: 2, permits: 3 },
    { name: 'a', ttl: 30_000, limit: 2, mode: 'shared' as const },
    { name: 'a', ttl: 30_000, lockDelay: 3_600_001 },
  ])('%j is no lock', (ask) => {
    const { client, core } = setUp();
    expect(client().ask({ type: 'acquire', ...ask })).toMatchObject([{ type: 'error', id: 1, code: 'invalid' }]);
    expect(core.table.size).toBe(0);
  });

  it('wants ids that rise', () => {
    const { client } = setUp();
    const one = client();
    one.take('a', { id: 5 });
    one.lastId = 5;
    for (const id of [5, 4]) {
      expect(one.ask({ type: 'acquire', name: 'b', ttl: 30_000, id })).toMatchObject([{ id, code: 'invalid' }]);
    }
  });

  it('are left, be it in the queue or after the grant', () => {
    const { client, core } = setUp();
    const [one, two] = [client(), client()];
    one.take('a');
    two.ask({ type: 'acquire', name: 'a', ttl: 30_000, wait: true });
    expect(two.ask({ type: 'leave', lock: 1 })).toEqual([{ type: 'done', id: 2 }]);
    expect(core.table.status('a').waiters).toBe(0);
    two.ask({ type: 'acquire', name: 'a', ttl: 30_000, wait: true });
    one.release(1);
    // It has not heard yet that it was granted.
    expect(two.ask({ type: 'leave', lock: 3 })).toMatchObject([{ type: 'granted' }, { type: 'done', id: 4 }]);
    expect(core.table.status('a').holders).toBe(0);
    two.forget(3);
    expect(two.alive()).toMatchObject([{ type: 'done' }]);
  });

  it('stay taken for a while if it is wished', () => {
    const { client, core, time } = setUp();
    const one = client();
    one.take('a');
    one.release(1, 5000);
    expect(core.table.status('a')).toMatchObject({ holders: 1, expiresIn: 5000 });
    time.advance(4999);
    expect(core.table.status('a').holders).toBe(1);
    time.advance(1);
    expect(core.table.status('a').holders).toBe(0);
  });

  it('stay taken for a lock delay when they have expired', () => {
    const { client, core, time } = setUp();
    client().take('a', { lockDelay: 2000, renew: false });
    time.advance(31_999);
    expect(core.table.status('a').holders).toBe(1);
    time.advance(1);
    expect(core.table.status('a').holders).toBe(0);
  });

  it('are revoked, and told so', () => {
    const { client } = setUp();
    const [one, two] = [client(), client()];
    one.take('a');
    expect(two.ask({ type: 'revoke', name: 'a' })).toEqual([{ type: 'done', id: 1 }]);
    expect(one.read()).toEqual([{ type: 'lost', id: 1, reason: 'revoked', news: 2 }]);
    expect(one.alive()).toMatchObject([{ type: 'done' }]);
  });

  it('are listed in parts', () => {
    const { client, time } = setUp();
    const one = client();
    for (let index = 0; index < 300; index++) one.take(`a/${String(index)}`);
    one.take('b');
    one.send({ type: 'list', prefix: 'a/' });
    time.advance(10);
    const parts = one.read();
    expect(parts.map((part) => part.type === 'list' && [part.locks.length, part.more])).toEqual([
      [128, true],
      [128, true],
      [44, undefined],
    ]);
    expect(one.ask({ type: 'list', prefix: 'c' })).toEqual([{ type: 'list', id: 303, locks: [] }]);
  });

  it('are watched until that is not wanted', () => {
    const { client } = setUp();
    const [one, two] = [client('one'), client('two')];
    expect(two.ask({ type: 'watch', name: 'a' })).toEqual([
      { type: 'status', id: 1, status: { name: 'a', holders: 0, waiters: 0 } },
    ]);
    one.take('a');
    expect(two.read()).toMatchObject([{ type: 'status', id: 1, status: { holders: 1, holder: 'one', token: 1 } }]);
    one.release(1);
    expect(two.read()).toMatchObject([{ type: 'status', id: 1, status: { holders: 0 } }]);
    expect(two.ask({ type: 'unwatch', watch: 1 })).toEqual([{ type: 'done', id: 2 }]);
    one.take('a');
    expect(two.read()).toEqual([]);
    expect(two.ask({ type: 'unwatch', watch: 1 })).toMatchObject([{ type: 'error', code: 'gone' }]);
  });

  it('are all given back at the end', () => {
    const { client, core, front } = setUp();
    const [one, two] = [client(), client()];
    for (const name of ['a', 'b']) one.take(name);
    two.ask({ type: 'acquire', name: 'a', ttl: 30_000, wait: true });
    one.ask({ type: 'acquire', name: 'a', ttl: 30_000, wait: true });
    expect(one.ask({ type: 'end' })).toMatchObject([{ type: 'done' }]);
    expect(one.connection.code).toBe(1000);
    expect(two.read()).toMatchObject([{ type: 'granted' }]);
    expect(core.table.status('b').holders).toBe(0);
    one.drop();
    expect(front.sessions).toBe(1);
  });
});

describe('handing on', () => {
  it('goes on with the same token, elsewhere', () => {
    const { client, core } = setUp();
    const [one, two] = [client('one'), client('two')];
    one.take('a', { metadata: 'm' });
    const [detached] = one.ask({ type: 'detach', lock: 1 });
    one.forget(1);
    if (detached?.type !== 'detached') throw new Error('it was not');
    expect(one.alive()).toMatchObject([{ type: 'done' }]);
    expect(core.table.status('a').holders).toBe(1);
    const ask = { type: 'adopt' as const, name: 'a', secret: detached.secret, ttl: 10_000 };
    expect(two.ask({ ...ask, name: 'b' })).toMatchObject([{ type: 'error', code: 'gone' }]);
    expect(two.ask({ ...ask, secret: 'wrong' })).toMatchObject([{ type: 'error', code: 'gone' }]);
    expect(two.ask({ ...ask })).toEqual([{ type: 'granted', id: 3, news: 1, token: 1, metadata: 'm' }]);
    expect(core.table.status('a')).toMatchObject({ holder: 'two', expiresIn: 10_000 });
    expect(two.ask({ ...ask })).toMatchObject([{ type: 'error', code: 'gone' }]);
    expect(two.alive()).toMatchObject([{ type: 'done' }]);
    expect(two.release(3)).toMatchObject([{ type: 'done' }]);
  });

  it('says the same secret again to who has not heard it, until somebody came', () => {
    const { client } = setUp();
    const [one, two] = [client(), client()];
    one.take('a');
    const [first] = one.ask({ type: 'detach', lock: 1 });
    const [again] = one.ask({ type: 'detach', lock: 1 });
    if (first?.type !== 'detached' || again?.type !== 'detached') throw new Error('it was not');
    expect(again.secret).toBe(first.secret);
    two.ask({ type: 'adopt', name: 'a', secret: first.secret, ttl: 30_000 });
    expect(one.ask({ type: 'detach', lock: 1 })).toMatchObject([{ type: 'error', code: 'gone' }]);
  });

  it('ends with the ttl if nobody comes, whatever becomes of the session', () => {
    const { client, core, time, front } = setUp();
    const one = client();
    one.take('a');
    time.advance(5000);
    one.alive();
    const [detached] = one.ask({ type: 'detach', lock: 1 });
    one.drop();
    expect(front.sessions).toBe(0);
    time.advance(29_999);
    expect(core.table.status('a').holders).toBe(1);
    time.advance(1);
    expect(core.table.status('a').holders).toBe(0);
    const { secret } = detached as { secret: string };
    expect(client().ask({ type: 'adopt', name: 'a', secret, ttl: 30_000 })).toMatchObject([{ code: 'gone' }]);
  });
});
