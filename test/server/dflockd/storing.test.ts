import { describe, expect, it } from 'vitest';
import { DflockdFront } from '../../../src/server/dflockd/dflockd-front.js';
import { checkOptions } from '../../../src/server/dflockd/options.js';
import { Meters } from '../../../src/server/meters.js';
import type { Records, WhenStored } from '../../../src/server/records.js';
import { ServerCore } from '../../../src/server/server-core.js';
import { UNSTORED } from '../../../src/server/unstored.js';
import { Time } from '../../support/virtual.js';
import { FakeDisk, FakeLedger } from '../support/fake-ledger.js';
import { FakeClient } from './support/support.js';

/** A front whose grants and renewals are stored when the test says so. */
function slowStore() {
  const time = new Time();
  const waiting: WhenStored[] = [];
  const core = new ServerCore({ scheduler: time });
  const records: Records = { ...UNSTORED, whenStored: (done) => void waiting.push(done), storedTtl: () => 10_000 };
  Object.assign(core, { records });
  const meters = new Meters();
  const front = new DflockdFront(core, checkOptions({}).front, { meters });
  /** Stores what waits for it, or fails to. */
  const store = (failure?: Error): void => {
    core.turn.run(() => {
      for (const done of waiting.splice(0)) done(failure);
    });
  };
  return { time, core, store, meters: meters.front('dflockd'), client: () => new FakeClient(front) };
}

describe('a grant that is stored', () => {
  it('is told when it is, and what was asked for after it is told after it', () => {
    const { client, store, meters } = slowStore();
    const a = client();
    expect(a.ask('l', 'one', '0 10')).toEqual([]);
    expect(a.ask('ping', '_')).toEqual([]);
    expect(a.ask('e', 'two', '10')).toEqual([]);
    expect(meters.acquired.count).toBe(0);
    store();
    expect(a.read()).toEqual(['ok T 10', 'ok', 'acquired T 10']);
    expect(meters.acquired.count).toBe(2);
  });

  it('keeps others out meanwhile', () => {
    const { client, store } = slowStore();
    const [a, b] = [client(), client()];
    a.ask('l', 'one', '0 10');
    expect(b.ask('l', 'one', '0 10')).toEqual(['timeout']);
    store();
    expect(a.read()).toEqual(['ok T 10']);
  });

  it('is told to who waited for it', () => {
    const { time, client, store, meters } = slowStore();
    const [a, b] = [client(), client()];
    a.ask('l', 'one', '0 10');
    store();
    const [, token = ''] = (a.told[0] ?? '').split(' ');
    expect(b.ask('l', 'one', '60 10')).toEqual([]);
    time.advance(3000);
    expect(a.ask('r', 'one', token).at(-1)).toBe('ok');
    expect(b.ask('ping', '_')).toEqual([]);
    store();
    expect(b.read()).toEqual(['ok T 10', 'ok']);
    expect(meters.acquired.sum).toBe(3);
  });

  it('that cannot be is refused, and the lock is free', () => {
    const { client, store, core, meters } = slowStore();
    const a = client();
    a.ask('l', 'one', '0 10');
    a.ask('e', 'two', '10');
    store(new Error('no space left'));
    expect(a.read()).toEqual(['error_max_locks', 'error_max_locks']);
    expect(core.table.size).toBe(0);
    expect([...meters.refused.counts]).toEqual([['storage', 2]]);
    a.ask('l', 'one', '0 10');
    a.ask('e', 'two', '10');
    store();
    expect(a.read()).toEqual(['ok T 10', 'acquired T 10']);
  });

  it('that ran out meanwhile is no grant', () => {
    const { time, client, store, core } = slowStore();
    const a = client();
    a.ask('l', 'one', '0 10');
    time.advance(10_001);
    expect(core.table.size).toBe(0);
    store();
    expect(a.read()).toEqual(['timeout']);
  });

  it('that ran out meanwhile is no grant, though nobody has looked', () => {
    const { time, client, store } = slowStore();
    const [a, b] = [client(), client()];
    a.ask('l', 'one', '0 10');
    time.advance(10_001);
    store();
    expect(a.read()).toEqual(['timeout']);
    b.ask('l', 'one', '0 10');
    store();
    expect(b.read()).toEqual(['ok T 10']);
  });

  it('lasts for its lease from when it is told: so long its client believes in it', () => {
    const { time, client, store, core } = slowStore();
    const a = client();
    a.ask('l', 'one', '0 10');
    time.advance(4000);
    store();
    expect(a.read()).toEqual(['ok T 10']);
    expect(core.table.status('one').expiresIn).toBe(10_000);
  });

  it('is told to who says no more, and waits for the answer', () => {
    const { client, store, core } = slowStore();
    const a = client();
    a.ask('l', 'one', '0 10');
    a.dialogue.finished();
    store();
    expect(a.read()).toEqual(['ok T 10']);
    // As without a disk, it goes with its connection.
    expect(core.table.size).toBe(0);
  });

  it('of who has gone meanwhile is given back, once', () => {
    const { client, store, core } = slowStore();
    const a = client();
    a.ask('l', 'one', '0 10');
    a.dialogue.closed();
    expect(core.table.size).toBe(0);
    store(new Error('no space left'));
    const b = client();
    b.ask('l', 'one', '0 10');
    store();
    expect(b.read()).toEqual(['ok T 10']);
  });
});

describe('a renewal', () => {
  it('that cannot be stored is one by as much as is stored, and as often as that', () => {
    const { time, client, store } = slowStore();
    const a = client();
    a.ask('l', 'one', '0 10');
    store();
    const [, token = ''] = (a.told.pop() ?? '').split(' ');
    time.advance(2500);
    expect(a.ask('n', 'one', `${token} 60`)).toEqual([]);
    store(new Error('no space left'));
    expect(a.read()).toEqual(['ok 10']);
    time.advance(9500);
    expect(a.ask('n', 'one', `${token} 60`)).toEqual([]);
    store(new Error('no space left'));
    expect(a.read()).toEqual(['ok 10']);
  });
});

describe('a renewal', () => {
  /** Somebody who holds for 10 s, which is stored. */
  function holder() {
    const all = slowStore();
    const a = all.client();
    a.ask('l', 'one', '0 10');
    all.store();
    const [, token = ''] = (a.told.pop() ?? '').split(' ');
    return { ...all, a, token };
  }

  it('by less than is stored is one by no more than that, also if the disk fails', () => {
    const { a, token, store, core } = holder();
    a.ask('n', 'one', `${token} 60`);
    a.ask('n', 'one', `${token} 2`);
    store(new Error('no space left'));
    expect(a.read()).toEqual(['ok 10', 'ok 2']);
    expect(core.table.status('one').expiresIn).toBe(2000);
  });

  it('of what ran out before it was stored is none', () => {
    const { a, token, store, time } = holder();
    a.ask('n', 'one', `${token} 12`);
    time.advance(12_001);
    store();
    expect(a.read()).toEqual(['error']);
  });

  it('lasts from when it is told', () => {
    const { a, token, store, time, core } = holder();
    a.ask('n', 'one', `${token} 12`);
    time.advance(5000);
    store();
    expect(a.read()).toEqual(['ok 12']);
    expect(core.table.status('one').expiresIn).toBe(12_000);
  });
});

describe('after a start', () => {
  /** A front on a disk. */
  function start(disk: FakeDisk) {
    const time = new Time();
    const core = new ServerCore({ scheduler: time }, undefined, undefined, { ledger: new FakeLedger(disk, true) });
    const front = new DflockdFront(core, checkOptions({}).front);
    void core.records.begin();
    time.turn();
    const ask = (client: FakeClient, command: string, key: string, argument?: string): string | undefined => {
      client.ask(command, key, argument).forEach((line) => client.told.push(line));
      time.turn();
      return client.told.pop();
    };
    const take = (client: FakeClient, command: string, key: string, argument: string): string =>
      ask(client, command, key, argument)?.split(' ')[1] ?? '';
    return { time, core, disk, ask, take, client: () => new FakeClient(front) };
  }

  /** Takes some, and is killed. */
  function killed(): { disk: FakeDisk; lock: string; slot: string; bytes: string; gone: string } {
    const disk = new FakeDisk();
    const { take, client, ask, time } = start(disk);
    const [a, b] = [client(), client()];
    const lock = take(a, 'l', 'one', '0 10');
    const slot = take(b, 'sl', 'pool', '0 2 10');
    const bytes = take(b, 'l', '\xff\xfe', '0 10');
    const gone = take(a, 'l', 'gone', '0 10');
    expect(ask(a, 'r', 'gone', gone)).toBe('ok');
    time.advance(100);
    return { disk, lock, slot, bytes, gone };
  }

  it('what was held is held for its full lease, by the same connection as before', () => {
    const { disk } = killed();
    const { core, client, ask, time } = start(disk);
    expect(core.table.status('one')).toMatchObject({ holder: 'dflockd connection 1', expiresIn: 10_000 });
    expect(core.table.status('pool', true)).toMatchObject({ holder: 'dflockd connection 2', limit: 2, holders: 1 });
    const a = client();
    expect(ask(a, 'l', 'one', '0 10')).toBe('timeout');
    expect(ask(a, 'sl', 'pool', '0 3 10')).toBe('error_limit_mismatch');
    expect(ask(a, 'l', 'gone', '0 10')).toMatch(/^ok /);
    expect(core.table.status('gone').holder).toBe('dflockd connection 3');
    a.dialogue.closed();
    time.advance(9999);
    expect(core.table.status('one').holders).toBe(1);
    time.advance(1);
    expect(core.table.status('one').holders).toBe(0);
    expect(ask(client(), 'l', 'one', '0 10')).toMatch(/^ok /);
  });

  it('who has a token renews and releases by it, over any connection and any number of starts', () => {
    const { disk, lock, slot, bytes, gone } = killed();
    start(disk);
    const { client, ask, core } = start(disk);
    const a = client();
    expect(ask(a, 'n', 'one', `${lock} 60`)).toBe('ok 60');
    expect(core.table.status('one').expiresIn).toBe(60_000);
    expect(ask(a, 'r', 'one', lock)).toBe('ok');
    expect(ask(a, 'r', 'one', lock)).toBe('error');
    expect(ask(a, 'sr', 'pool', slot)).toBe('ok');
    expect(ask(a, 'r', '\xff\xfe', bytes)).toBe('ok');
    expect(ask(a, 'r', 'gone', gone)).toBe('error');
  });

  it('no token can be read from the disk, nor is what can be of any use', () => {
    const { disk, lock } = killed();
    const text = [...disk.entries.values()].join();
    expect(text).not.toContain(lock);
    const digest = /"digest":"([^"]+)"/.exec(text)?.[1] ?? '';
    expect(digest).toHaveLength(43);
    const { client, ask } = start(disk);
    for (const said of [digest, `\n${digest}`, `\r${digest}`]) expect(ask(client(), 'r', 'one', said)).toBe('error');
  });
});
