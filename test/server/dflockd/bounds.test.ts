import { describe, expect, it } from 'vitest';
import { checkOptions } from '../../../src/server/dflockd/options.js';
import { setUp } from './support/support.js';

describe('what all connections together may have', () => {
  it('is bounded by default', () => {
    const { listen, front, maxBuffered } = checkOptions({});
    expect(listen).toMatchObject({ maxConnections: 10_000, maxPerAddress: 7500, maxStrangers: 5000 });
    expect(front.limits).toMatchObject({ places: 200_000, subscriptions: 1024, listening: 65_536 });
    expect(maxBuffered).toBe(128 * 1024 * 1024);
    expect(checkOptions({ maxConnections: 0, maxListening: 0 })).toMatchObject({
      listen: { maxConnections: Infinity, maxPerAddress: Infinity, maxStrangers: Infinity },
      front: { limits: { listening: Infinity } },
    });
  });

  it('are so many subscriptions, which those who leave make room for', () => {
    const { client } = setUp({ maxListening: 3 });
    const [a, b] = [client(), client()];
    expect([...a.ask('listen', 'p'), ...a.ask('listen', 'q.*'), ...b.ask('listen', 'p', 'g')]).toEqual([
      'ok',
      'ok',
      'ok',
    ]);
    expect(b.ask('listen', 'r')).toEqual(['error']);
    expect(b.ask('listen', 'p', 'g')).toEqual(['ok']);
    a.dialogue.closed();
    expect([...b.ask('listen', 'r'), ...b.ask('listen', 's'), ...b.ask('listen', 't')]).toEqual(['ok', 'ok', 'error']);
    b.ask('unlisten', 's');
    b.read();
    expect(b.ask('listen', 't')).toEqual(['ok']);
  });

  it('is no more for one client than its limits say: what it asks for in a second, and what it does not take', () => {
    const { client, time, core } = setUp({}, {}, { operationsPerSecond: 3, bufferedPerClient: 100_000 });
    const [one, other] = [client(), client()];
    const token = one.take('a');
    expect([...one.ask('e', 'b'), ...one.ask('listen', 'c')]).toEqual(['acquired T 33', 'ok']);
    expect([one.ask('l', 'd', '0'), one.ask('e', 'e'), one.ask('signal', 'x', 'y')]).toEqual([
      ['error_max_locks'],
      ['error_max_locks'],
      ['error'],
    ]);
    // What it has can be kept, and given back.
    expect([one.ask('n', 'a', token), one.ask('r', 'a', token), one.ask('w', 'b', '0')]).toEqual([
      ['ok 33'],
      ['ok'],
      ['ok T 33'],
    ]);
    expect(other.ask('l', 'a', '0')).toEqual(['ok T 33']);
    time.advance(1000);
    expect(one.ask('l', 'd', '0')).toEqual(['ok T 33']);
    one.backlog = 101_000;
    one.dialogue.received('ping\n');
    expect([one.state, other.state]).toEqual(['destroyed', 'open']);
    expect(core.table.status('d').holders).toBe(0);
  });

  it('is no reason to cut a client off that its one answer is large', () => {
    const { client } = setUp({}, {}, { bufferedPerClient: 2000 });
    const [one, reader] = [client(), client()];
    for (let index = 0; index < 100; index++) one.take(`k${String(index)}`);
    reader.onWrite = (text) => (reader.backlog += text.length);
    expect(reader.ask('stats', '_')[0]?.length).toBeGreaterThan(5000);
    expect(reader.state).toBe('open');
    reader.dialogue.received('x'.repeat(2001));
    expect(reader.state).toBe('destroyed');
  });

  it('are so many bytes that are not taken: those who take the least are cut off, and no others', () => {
    const { client } = setUp({ maxBuffered: 300_000, writeTimeout: 0 });
    const [slow, slower, quick, loud] = [client(), client(), client(), client()];
    for (const one of [slow, slower, quick]) one.ask('listen', 'c');
    slow.onWrite = (text) => (slow.backlog += text.length / 2);
    slower.onWrite = (text) => (slower.backlog += text.length);
    for (let index = 0; index < 10; index++) loud.dialogue.received(`signal\nc\n${'x'.repeat(250)}\n`.repeat(100));
    expect([slow, slower, quick, loud].map(({ state }) => state)).toEqual(['open', 'destroyed', 'open', 'open']);
  });

  it('are so many bytes sent ahead of a lock that is waited for', () => {
    const { client } = setUp({ maxBuffered: 100_000 });
    client().take('k');
    const [much, little] = [client(), client()];
    for (const one of [much, little]) one.ask('l', 'k', '10');
    little.dialogue.received('ping\n_\n\n'.repeat(1000));
    much.dialogue.received('ping\n_\n\n'.repeat(12_000));
    expect([much.state, little.state]).toEqual(['destroyed', 'open']);
  });

  it('are so many traces of what ran out in the queue', () => {
    const { time, client } = setUp({ maxPlaces: 4 });
    const clients = [client(), client(), client()];
    for (const one of clients) {
      for (let index = 0; index < 4; index++) one.ask('se', `k${index}`, '9 1');
      time.advance(1000);
      one.ask('e', 'other', '1');
      time.advance(1000);
      one.read();
    }
    const left = clients.map((one) => [0, 1, 2, 3].flatMap((index) => one.ask('sw', `k${index}`, '0')));
    expect(left.flat().filter((line) => line === 'error_lease_expired')).toHaveLength(4);
  });
});
