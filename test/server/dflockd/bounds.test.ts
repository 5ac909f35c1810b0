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
    expect(left.flat().filter((line) => line === 'error_lease_expired').length).toBeLessThanOrEqual(4);
  });
});
