import { describe, expect, it } from 'vitest';
import { DflockdFront } from '../../../src/server/dflockd/dflockd-front.js';
import { checkOptions } from '../../../src/server/dflockd/options.js';
import { Meters } from '../../../src/server/meters.js';
import type { Records, Settled } from '../../../src/server/records.js';
import { ServerCore } from '../../../src/server/server-core.js';
import { UNSTORED } from '../../../src/server/unstored.js';
import { Time } from '../../support/virtual.js';
import { FakeClient } from './support/support.js';

/** A front whose grants and renewals are stored when the test says so. */
function slowStore() {
  const time = new Time();
  const waiting: Settled[] = [];
  const core = new ServerCore({ scheduler: time });
  const records: Records = { ...UNSTORED, settled: (done) => void waiting.push(done) };
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
  it('that cannot be stored lasts as long as the one before it', () => {
    const { time, client, store } = slowStore();
    const a = client();
    a.ask('l', 'one', '0 10');
    store();
    const [, token = ''] = (a.told.pop() ?? '').split(' ');
    time.advance(2500);
    expect(a.ask('n', 'one', `${token} 60`)).toEqual([]);
    store(new Error('no space left'));
    expect(a.read()).toEqual(['ok 7']);
  });
});
