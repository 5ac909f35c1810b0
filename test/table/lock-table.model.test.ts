import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LockTable } from '../../src/table/lock-table.js';
import { Client, HandClock, type TestPlace } from './support/support.js';

/** A lock table as one would write it without a thought for speed. */
class Model {
  private readonly entries: { id: number; key: string; limit: number; ttl: number; due: number; state: string }[] = [];
  readonly log: string[] = [];

  acquire(now: number, id: number, key: string, limit: number, ttl: number, wait: boolean): string {
    const same = this.entries.filter((entry) => entry.key === key);
    if (same.some((entry) => entry.limit !== limit)) return 'limit-mismatch';
    const entry = { id, key, limit, ttl, due: 0, state: 'waiting' };
    if (same.length < limit) {
      this.seat(entry, now);
      this.entries.push(entry);
      return 'granted';
    }
    if (!wait) return 'held';
    this.entries.push(entry);
    return 'queued';
  }

  renew(now: number, id: number, ttl: number): boolean {
    const entry = this.entries.find((one) => one.id === id && one.state === 'held');
    if (entry !== undefined) entry.due = now + ttl;
    return entry !== undefined;
  }

  release(now: number, id: number, keepFor: number): boolean {
    const entry = this.entries.find((one) => one.id === id && one.state === 'held');
    if (entry === undefined) return false;
    if (keepFor > 0) {
      entry.state = 'kept';
      entry.due = now + keepFor;
    } else {
      this.remove(entry);
      this.handOver(now);
    }
    return true;
  }

  leave(id: number): void {
    const entry = this.entries.find((one) => one.id === id && one.state === 'waiting');
    if (entry !== undefined) this.remove(entry);
  }

  revoke(now: number, key: string): number {
    const held = this.entries.filter((entry) => entry.key === key && entry.state !== 'waiting');
    for (const entry of held) this.end(entry, 'revoked');
    this.handOver(now);
    return held.length;
  }

  /** Millisecond by millisecond. */
  expire(now: number): void {
    for (const entry of this.entries.filter((one) => one.state !== 'waiting' && one.due <= now))
      this.end(entry, 'expired');
    this.handOver(now);
  }

  picture(): string[] {
    return this.entries.map(({ id, state, due }) => `${id} ${state} ${state === 'waiting' ? '' : due}`);
  }

  private end(entry: (typeof this.entries)[number], reason: string): void {
    this.remove(entry);
    if (entry.state === 'held') this.log.push(`${entry.id} ${reason}`);
  }

  private handOver(now: number): void {
    for (const entry of this.entries) {
      if (entry.state !== 'waiting') continue;
      const holders = this.entries.filter((one) => one.key === entry.key && one.state !== 'waiting');
      if (holders.length >= entry.limit) continue;
      this.seat(entry, now);
      this.log.push(`${entry.id} granted`);
    }
  }

  private seat(entry: (typeof this.entries)[number], now: number): void {
    entry.state = 'held';
    entry.due = now + entry.ttl;
  }

  private remove(entry: (typeof this.entries)[number]): void {
    this.entries.splice(this.entries.indexOf(entry), 1);
  }
}

interface Ask {
  readonly name: string;
  readonly limit: number | undefined;
  readonly ttl: number;
  readonly wait: boolean;
}

function keyOf(name: string, semaphore: boolean): string {
  return `${semaphore ? 'semaphore' : 'lock'} ${name}`;
}

function grantsByKey(log: readonly string[], places: readonly TestPlace[]): Record<string, string[]> {
  const grants: Record<string, string[]> = {};
  for (const line of log.filter((one) => one.endsWith('granted'))) {
    const { name, limit } = places[Number.parseInt(line, 10)]!.ask;
    (grants[keyOf(name, limit !== undefined)] ??= []).push(line);
  }
  return grants;
}

const name = fc.constantFrom('x', 'y', '__proto__');
const limit = fc.constantFrom(undefined, undefined, 2, 3);
const milliseconds = fc.integer({ min: 1, max: 40 });
const who = fc.nat(30);
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('acquire' as const), name, limit, ttl: milliseconds, wait: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('renew' as const), who, ttl: milliseconds }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('release' as const), who, keepFor: fc.oneof(fc.constant(0), milliseconds) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('revoke' as const), name, semaphore: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: milliseconds }) },
);

describe('LockTable, against a naive model', () => {
  it('answers, grants, ends and forgets the same', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const clock = new HandClock();
        const table = new LockTable(() => clock.now, clock);
        const model = new Model();
        const log: string[] = [];
        const places: TestPlace[] = [];
        let lastToken = 0n;
        // One counter for all: each grant has a greater token than those before it, of whatever name.
        const checkToken = (place: TestPlace): void => {
          expect(place.fencingToken).toBeGreaterThan(lastToken);
          lastToken = place.fencingToken!;
        };

        const ask = ({ name, limit, ttl, wait }: Ask): void => {
          const id = places.length;
          // Each place has an owner of its own, whose name tells them apart in the log.
          const owner = new Client(String(id));
          owner.ended = (ended, reason) => log.push(...ended.map(() => `${id} ${reason}`));
          const onGranted = (granted: TestPlace): void => {
            log.push(`${id} granted`);
            checkToken(granted);
          };
          const place = owner.place(name, ttl, { limit, onGranted });
          places.push(place);
          const answer = table.acquire(place, wait);
          if (answer === 'granted') checkToken(place);
          expect(answer).toBe(model.acquire(clock.now, id, keyOf(name, limit !== undefined), limit ?? 1, ttl, wait));
        };
        const pass = (ms: number): void => {
          for (let i = 0; i < ms; i++) {
            clock.advance(1);
            model.expire(clock.now);
            // What nobody waits for ends on access.
            expect(table.size).toBeGreaterThanOrEqual(0);
          }
        };

        for (const one of steps) {
          if (one.do === 'acquire') ask(one);
          else if (one.do === 'pass') pass(one.ms);
          else if (one.do === 'revoke') {
            const expected = model.revoke(clock.now, keyOf(one.name, one.semaphore));
            expect(table.revoke(one.name, one.semaphore)).toBe(expected);
          } else {
            const place = places[one.who];
            if (place === undefined) continue;
            if (one.do === 'renew') expect(table.renew(place, one.ttl)).toBe(model.renew(clock.now, one.who, one.ttl));
            else if (one.do === 'release') {
              expect(table.release(place, one.keepFor)).toBe(model.release(clock.now, one.who, one.keepFor));
            } else {
              table.leave(place);
              model.leave(one.who);
            }
          }
          // The order among names is not promised; that within a name is.
          expect([...log].sort()).toEqual([...model.log].sort());
          expect(grantsByKey(log, places)).toEqual(grantsByKey(model.log, places));
          const picture = table.places().map((place) => {
            const id = places.indexOf(place as TestPlace);
            return `${id} ${place.state} ${place.state === 'waiting' ? '' : place.due}`;
          });
          expect(picture.sort()).toEqual(model.picture().sort());
        }
        clock.advance(10_000);
        expect(table.size).toBe(0);
        expect(clock.armedFor).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });
});
