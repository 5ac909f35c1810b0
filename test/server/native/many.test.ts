import { describe, expect, it } from 'vitest';
import type { Place } from '../../../src/table/place.js';
import { setUp, type NativeClient, type Said } from './support/support.js';

const MANY = 20_000;
const LIMITS = { locks: 2 * MANY, waiters: MANY, places: 4 * MANY, operationsPerSecond: 1_000_000, frame: 1 << 20 };
/** A go of a client's work: what `Effort` counts may be a little more than is enough. */
const GO = 1200;

const numbered = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

/** Has a client do something until it is told so, one turn after the other. */
function finish(client: NativeClient, time: { turn(): void }, isOver: () => boolean): number {
  let turns = 0;
  for (; !isOver() && turns < 1000; turns++) {
    time.turn();
    client.read();
  }
  return turns;
}

/** A client that holds many locks. */
function holder(client: NativeClient, time: { turn(): void }): NativeClient {
  const asks = numbered(MANY).map((at): Said => ({ type: 'acquire', name: `many/${String(at)}`, ttl: 3_600_000 }));
  for (let at = 0; at < MANY; at += 500) client.send(...asks.slice(at, at + 500));
  finish(client, time, () => client.holds.size === MANY);
  return client;
}

function settleAll(client: NativeClient, wants: number[] = []): void {
  const holds = [...client.holds];
  const { news } = client;
  for (let at = 0; at < MANY; at += 5000) {
    const more = at + 5000 < MANY;
    client.send({
      type: 'settle',
      news,
      holds: holds.slice(at, at + 5000),
      wants: more ? [] : wants,
      ...(more ? { more } : {}),
    });
  }
}

describe('what concerns all of the many locks of a session', () => {
  it('is settled bit by bit: the others have their turn between', () => {
    const { client, core, time } = setUp({ limits: LIMITS });
    const [one, other] = [holder(client(), time), client()];
    const before = core.effort.total;
    settleAll(one);
    expect(core.effort.total - before).toBeLessThan(GO);
    other.send({ type: 'acquire', name: 'free', ttl: 1000 });
    expect(other.read()).toMatchObject([{ type: 'granted' }]);
    const isDone = (): boolean => one.read().some((told) => told.type === 'done' && told.id === one.lastId);
    expect(isDone()).toBe(false);
    time.turn();
    expect(isDone()).toBe(true);
    expect(one.alive()).toMatchObject([{ type: 'done' }]);
  });

  it('is settled right, whatever happens between', () => {
    const { client, core, time } = setUp({ limits: LIMITS });
    const [one, other] = [holder(client(), time), client()];
    const lock = other.take('wanted');
    one.ask({ type: 'acquire', name: 'wanted', ttl: 3_600_000, wait: true });
    const wanted = one.lastId;
    one.reconnect();
    settleAll(one, [wanted]);
    one.read();
    // Of the last that are looked at.
    core.turn.run(() => core.table.revoke(`many/${String(MANY - 1)}`));
    other.release(lock);
    const told = numbered(10).flatMap(() => {
      time.turn();
      return one.read();
    });
    expect(told.filter(({ type }) => type === 'lost' || type === 'granted')).toMatchObject([
      { type: 'lost', id: MANY, reason: 'revoked' },
      { type: 'granted', id: wanted },
    ]);
    expect(told.at(-1)).toMatchObject({ type: 'done' });
    expect(one.holds.size).toBe(MANY);
    expect(one.alive()).toMatchObject([{ type: 'done' }]);
  });

  it('is given back bit by bit when the session ends, also without its connection', () => {
    for (const isCut of [false, true]) {
      const { client, core, time, front } = setUp({ limits: LIMITS });
      const one = holder(client(), time);
      const before = core.effort.total;
      one.send({ type: 'end' });
      expect(core.effort.total - before).toBeLessThan(GO);
      expect(core.table.counts.held).toBeGreaterThan(MANY / 4);
      expect(front.sessions).toBe(0);
      if (isCut) one.drop();
      else expect(finish(one, time, () => one.connection.code !== undefined)).toBeLessThan(10);
      expect(core.table.counts.held).toBe(0);
    }
  });
});

describe('ten thousand who wait for one lock', () => {
  const CROWD = 10_000;

  /** Everybody gets it once, a millisecond after the one before. @returns What that took. */
  function handThrough(sessions: number): {
    granted: number;
    looks: number;
    steps: number;
    positions: number;
    kept: number;
  } {
    const { client, core, time } = setUp({ limits: LIMITS });
    const first = client();
    let lock = first.take('it', { ttl: 3_600_000 });
    const crowd = numbered(sessions).map(() => client());
    const asks = numbered(CROWD / sessions).map((): Said => ({
      type: 'acquire',
      name: 'it',
      ttl: 3_600_000,
      wait: true,
    }));
    for (const one of crowd)
      for (let at = 0; at < asks.length; at += 500) one.send(...asks.slice(at, at + 500).map((ask) => ({ ...ask })));
    for (let turns = 0; turns < 50; turns++) time.turn();
    for (const one of crowd) one.read();
    let looks = 0;
    let steps = 0;
    const { table } = core;
    const { queue, position } = table;
    table.queue = function* (...of): Generator<Place> {
      for (const place of queue.apply(table, of)) {
        steps++;
        yield place;
      }
    };
    table.position = (place) => {
      looks++;
      return position.call(table, place);
    };
    let holder = first;
    let granted = 0;
    let positions = 0;
    for (;;) {
      holder.send({ type: 'release', lock });
      time.advance(1);
      let next: NativeClient | undefined;
      for (const one of crowd) {
        if (one.connection.frames.length === 0) continue;
        for (const told of one.read()) {
          if (told.type === 'position') positions++;
          if (told.type !== 'granted') continue;
          granted++;
          next = one;
          lock = told.id;
        }
      }
      if (next === undefined) break;
      holder = next;
    }
    return { granted, looks, steps, positions, kept: table.size };
  }

  it.each([1, 100])('are handed through by %i sessions without a look at all of them for each', (sessions) => {
    const { granted, looks, steps, positions, kept } = handThrough(sessions);
    expect(granted).toBe(CROWD);
    expect(looks).toBe(0);
    // As many are looked at as milliseconds pass; and no more of them are told than that.
    expect(steps).toBeLessThan(2 * CROWD);
    expect(positions).toBeLessThan(2 * CROWD);
    expect(kept).toBe(0);
  });
});
