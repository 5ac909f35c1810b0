import { describe, expect, it } from 'vitest';
import { ServerCore } from '../../../src/server/server-core.js';
import { TokenPrincipals } from '../../../src/server/token-principals.js';
import type { Time } from '../../support/virtual.js';
import { FakeDisk, FakeLedger } from '../support/fake-ledger.js';
import { setUp, type NativeClient, type Said } from './support/support.js';

const MANY = 2000;
const repeated = (count: number, one: Said): Said[] => Array.from({ length: count }, () => ({ ...one }));

/** It holds many locks, and says that it has heard of none. */
function holdMany(client: NativeClient): void {
  for (let part = 0; part < MANY / 1000; part++) {
    const asks = Array.from({ length: 1000 }, (_, at) => ({
      name: `many/${String(part)}-${String(at)}`,
      ttl: 3_600_000,
    }));
    client.send(...asks.map((ask) => ({ type: 'acquire' as const, ...ask })));
  }
  client.connection.frames.length = 0;
}

describe('one frame of a client', () => {
  it('of much that takes long is gone on with when the others had their turn', () => {
    const { client, time } = setUp();
    const [one, other] = [client(), client()];
    holdMany(one);
    one.send(...repeated(1000, { type: 'settle', news: 0, holds: [], wants: [] }));
    expect(one.connection.frames.join('').match(/done/g)?.length ?? 0).toBeLessThan(10);
    expect(other.ask({ type: 'acquire', name: 'free', ttl: 1000 })).toMatchObject([{ type: 'granted' }]);
    for (let turns = 0; turns < 1100; turns++) time.turn();
    expect(one.connection.frames.join('').match(/done/g)).toHaveLength(1000);
  });

  it('asks for no more lists than are made, one after the other', () => {
    const { client, time, core } = setUp();
    const one = client();
    one.take('a');
    let looks = 0;
    const names = core.table.names.bind(core.table);
    core.table.names = (...of) => {
      looks++;
      return names(...of);
    };
    one.send(...repeated(1000, { type: 'list' }));
    const answers = one.read();
    // At the end of the turn, and once more at its next.
    expect(looks).toBeLessThanOrEqual(2);
    const told = answers.filter(({ type }) => type === 'list').length;
    expect(answers.find(({ type }) => type === 'list')).toMatchObject({ id: 2, locks: [{ name: 'a' }] });
    const refused = answers.filter(({ type }) => type === 'error');
    expect(refused).toHaveLength(1000 - 64);
    expect(refused[0]).toMatchObject({ code: 'limit' });
    for (let turns = 0; turns < 100; turns++) time.turn();
    expect(one.read()).toHaveLength(64 - told);
    expect(one.ask({ type: 'list', prefix: 'b' })).toMatchObject([{ type: 'list', locks: [] }]);
  });

  it('has no more names looked at in one go than a few, however many there are', () => {
    const { client, time, core } = setUp();
    const [one, two] = [client(), client()];
    two.send(
      ...Array.from({ length: 1000 }, (_, i) => ({ type: 'acquire' as const, name: `n${String(i)}`, ttl: 30_000 })),
    );
    two.read();
    let looks = 0;
    const status = core.table.status.bind(core.table);
    core.table.status = (...of) => {
      looks++;
      return status(...of);
    };
    let most = 0;
    const write = one.connection.write.bind(one.connection);
    one.connection.write = (text) => {
      most = Math.max(most, looks);
      looks = 0;
      write(text);
    };
    const told = new Set<string>();
    one.send({ type: 'list' });
    for (let turns = 0; turns < 100; turns++) {
      for (const message of one.read()) {
        if (message.type === 'list') for (const { name } of message.locks) told.add(name);
      }
      time.turn();
    }
    expect(most).toBe(128);
    expect(told.size).toBe(1000);
  });

  it('watches a name of which there is much to tell: in parts', () => {
    const { client, time } = setUp();
    const one = client();
    one.take('a', { metadata: '\u0001'.repeat(4096) });
    one.read();
    one.connection.frames.length = 0;
    one.send(...repeated(300, { type: 'watch', name: 'a' }));
    for (let turns = 0; turns < 100; turns++) time.turn();
    expect(one.connection.frames.length).toBeGreaterThan(10);
    expect(Math.max(...one.connection.frames.map(({ length }) => length))).toBeLessThan(1_000_000);
    expect(one.read().filter(({ type }) => type === 'status')).toHaveLength(300);
  });
});

describe('a client that claims what it never had', () => {
  it('makes the server keep no more than all clients together may', () => {
    const { client, core } = setUp();
    const one = client();
    const before = core.buffers.bytes;
    one.send({
      type: 'settle',
      news: 0,
      holds: Array.from({ length: 8000 }, (_, at) => at + 1),
      wants: [],
      more: true,
    });
    expect(core.buffers.bytes - before).toBeGreaterThan(8000 * 8);
    one.send({ type: 'settle', news: 0, holds: [], wants: [] });
    one.read();
    expect(core.buffers.bytes).toBe(before);
  });

  it('is told so, until it has not heard more than anybody can have', () => {
    const { client } = setUp({ limits: { locks: 1000 } });
    const one = client();
    let parts = 0;
    while (one.connection.code === undefined && parts < 10) {
      const first = ++parts * 1_000_000;
      one.send({ type: 'settle', news: 0, holds: Array.from({ length: 8000 }, (_, at) => first + at), wants: [] });
    }
    expect([parts, one.connection.code]).toEqual([2, 1002]);
    expect(one.read().at(-1)).toMatchObject({ type: 'bye', code: 'protocol' });
  });

  it('gains nothing by a number of news that nobody can count to', () => {
    const { client } = setUp();
    const one = client();
    one.take('a');
    one.reconnect();
    one.news = Number.MAX_SAFE_INTEGER;
    expect(one.settle()).toMatchObject([{ type: 'done' }]);
    expect(one.ask({ type: 'acquire', name: 'b', ttl: 1000 })).toMatchObject([{ type: 'granted', news: 2 }]);
  });
});

/** A server that writes when the test says so, or at once; started on what was written before. */
function stored(disk = new FakeDisk(), principals?: TokenPrincipals) {
  const ledger = new FakeLedger(disk, true);
  const made = setUp({
    ...(principals === undefined ? {} : { principals }),
    core: (time: Time) => new ServerCore({ scheduler: time }, undefined, undefined, { ledger }),
  });
  void made.core.records.begin();
  const flush = (): void => {
    for (let turns = 0; turns < 4; turns++) {
      made.time.turn();
      ledger.finish();
    }
  };
  flush();
  return { ...made, ledger, flush };
}

describe('a session that two connections go on with at once, while that is being stored', () => {
  it('is that of the last one only', () => {
    const { client, stranger, ledger, flush } = stored();
    const one = client();
    flush();
    one.send({ type: 'acquire', name: 'a', ttl: 30_000 });
    flush();
    expect(one.read().map(({ type }) => type)).toEqual(['granted']);
    const session = one.session as NonNullable<typeof one.session>;
    ledger.isFast = false;
    const [first, second] = [stranger(), stranger()];
    first.hello({ session });
    second.hello({ session });
    flush();
    expect(first.read()).toMatchObject([{ type: 'refused', code: 'replaced' }]);
    expect(first.connection.code).toBe(4000);
    expect(second.read()).toMatchObject([{ type: 'welcome', resumed: true }]);
    expect(second.ask({ type: 'settle', id: 10, news: 1, holds: [1], wants: [] })).toMatchObject([{ type: 'done' }]);
  });

  it('is over with who goes before he is welcome', () => {
    const { client, stranger, ledger, flush, front } = stored();
    const one = client();
    flush();
    ledger.isFast = false;
    one.send({ type: 'acquire', name: 'a', ttl: 30_000 });
    const before = front.sessions;
    for (let count = 0; count < 10; count++) {
      const other = stranger();
      other.hello();
      other.drop();
    }
    flush();
    expect(front.sessions).toBe(before);
  });
});

describe('a token', () => {
  const list = (...tokens: string[]) => tokens.map((token) => ({ name: token, token }));

  it('is still that of a client that goes on after a start, when tokens are read again', () => {
    const disk = new FakeDisk();
    const before = stored(disk, new TokenPrincipals(list('alice')));
    const one = before.stranger();
    one.hello({ token: 'alice' });
    before.flush();
    one.send({ type: 'acquire', name: 'a', ttl: 30_000 });
    before.flush();
    one.read();
    before.ledger.crash(true);

    const principals = new TokenPrincipals(list('alice'));
    const { stranger, flush } = stored(disk, principals);
    const again = stranger();
    const session = one.session as NonNullable<typeof one.session>;
    const answers = again.hello({ token: 'alice', session });
    flush();
    expect([...answers, ...again.read()]).toMatchObject([{ type: 'welcome', resumed: true }]);
    principals.replace(list('alice', 'bob'));
    expect(again.connection.code).toBeUndefined();
    principals.replace(list('bob'));
    expect(again.connection.code).toBe(1008);
  });

  it('that was taken away lets nobody in who was about to come in', () => {
    const principals = new TokenPrincipals(list('alice', 'bob'));
    const { stranger, ledger, flush } = stored(new FakeDisk(), principals);
    const busy = stranger();
    busy.hello({ token: 'bob' });
    flush();
    ledger.isFast = false;
    busy.send({ type: 'acquire', name: 'a', ttl: 30_000 });
    const one = stranger();
    one.hello({ token: 'alice' });
    principals.replace(list('bob'));
    flush();
    expect(one.read()).toMatchObject([{ type: 'refused', code: 'auth' }]);
  });
});
