import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ServerMessage } from '../../../src/native/from-server.js';
import { readServerFrame } from '../../../src/native/frame.js';
import { HeldSum } from '../../../src/native/held-sum.js';
import { setUp, type NativeClient } from './support/support.js';

/** A client as the page wants it, whose frames and those for it are on their way for as long as the test says. */
class FarClient {
  /** What it has said, and has not arrived. */
  readonly said: Record<string, unknown>[] = [];
  readonly holds = new Set<number>();
  readonly waits = new Set<number>();
  readonly heard: ServerMessage['type'][] = [];
  private readonly sum = new HeldSum();
  private lastId = 0;
  private news = 0;

  constructor(private readonly wire: NativeClient) {}

  get frames(): string[] {
    return this.wire.connection.frames;
  }

  say(message: Record<string, unknown>): number {
    this.said.push({ ...message, id: ++this.lastId });
    return this.lastId;
  }

  alive(): void {
    this.say({ type: 'alive', news: this.news, count: this.sum.count, hash: this.sum.hash });
  }

  giveUp(lock: number, type: 'release' | 'leave' | 'detach'): void {
    this.waits.delete(lock);
    if (this.holds.delete(lock)) this.sum.remove(lock);
    this.say({ type, lock });
  }

  /** The next of what it has said arrives. */
  arrive(): void {
    const message = this.said.shift();
    if (message !== undefined) this.wire.raw(JSON.stringify([message]));
  }

  /** The next of what it is told arrives. */
  hear(): void {
    const frame = this.frames.shift();
    if (frame === undefined) return;
    for (const message of readServerFrame(frame)) {
      this.heard.push(message.type);
      if (message.type === 'granted') {
        this.news = message.news;
        // Whom it has left it does not believe in.
        if (!this.waits.delete(message.id)) continue;
        this.holds.add(message.id);
        this.sum.add(message.id);
      } else if (message.type === 'lost') {
        this.news = message.news;
        if (this.holds.delete(message.id)) this.sum.remove(message.id);
      }
    }
  }
}

const deed = fc.record({
  who: fc.nat({ max: 2 }),
  what: fc.constantFrom(
    'acquire',
    'acquire',
    'once',
    'giveUp',
    'leave',
    'detach',
    'revoke',
    'alive',
    'arrive',
    'hear',
    'hear',
    'arrive',
  ),
  name: fc.constantFrom('a', 'b', 'c'),
  pick: fc.nat(),
  pause: fc.constantFrom(0, 0, 0, 20, 300),
});

describe('a client that believes what the page says', () => {
  it('is never told of a mismatch, whatever crosses on its way', () => {
    let alives = 0;
    const property = fc.property(fc.array(deed, { minLength: 150, maxLength: 250 }), (deeds) => {
      const { client, time, core } = setUp();
      const clients = Array.from({ length: 3 }, () => new FarClient(client()));
      for (const { who, what, name, pick, pause } of deeds) {
        const one = clients[who]!;
        const held = [...one.holds];
        const lock = held[pick % Math.max(1, held.length)];
        const waited = [...one.waits][pick % Math.max(1, one.waits.size)];
        if (what === 'acquire') one.waits.add(one.say({ type: 'acquire', name, ttl: 3_600_000, wait: true }));
        else if (what === 'once') one.waits.add(one.say({ type: 'acquire', name, ttl: 1000, renew: false }));
        else if (what === 'revoke') one.say({ type: 'revoke', name });
        else if (what === 'alive') one.alive();
        else if (what === 'arrive') one.arrive();
        else if (what === 'hear') one.hear();
        else if (what === 'leave' && waited !== undefined) one.giveUp(waited, 'leave');
        else if (lock !== undefined) one.giveUp(lock, what === 'detach' ? 'detach' : 'release');
        time.advance(pause);
      }
      for (const one of clients) one.alive();
      for (const one of clients) {
        while (one.said.length > 0) one.arrive();
        time.turn();
      }
      for (const one of clients) {
        while (one.frames.length > 0) one.hear();
        one.alive();
        one.arrive();
        time.turn();
        while (one.frames.length > 0) one.hear();
        expect(one.heard).not.toContain('mismatch');
        expect(one.heard).not.toContain('bye');
        alives += one.heard.filter((type) => type === 'done').length;
        for (const lock of [...one.holds]) one.giveUp(lock, 'release');
        for (const lock of [...one.waits]) one.giveUp(lock, 'leave');
      }
      for (const one of clients) while (one.said.length > 0) one.arrive();
      time.advance(3_600_001);
      expect(core.table.places()).toEqual([]);
    });
    fc.assert(property, { numRuns: 150, endOnFailure: true });
    expect(alives).toBeGreaterThan(1000);
  });
});
