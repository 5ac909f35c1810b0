import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LockTable } from '../../src/table/lock-table.js';
import { ServerTable } from '../../src/table/server-table.js';
import { Client, HandClock, type TestPlace } from './support/support.js';

interface Entry {
  readonly id: number;
  readonly key: string;
  readonly ask: Ask;
  due: number;
  state: 'waiting' | 'held' | 'kept';
}

/** May it be held beside these? */
function fits({ mode, limit, permits }: Ask, holders: readonly Ask[]): boolean {
  if (limit === undefined) return holders.length === 0 || [mode, ...holders.map((one) => one.mode)].every(isShared);
  return holders.reduce((sum, one) => sum + (one.permits ?? 1), permits ?? 1) <= limit;
}

function isShared(mode: 'shared' | undefined): boolean {
  return mode === 'shared';
}

/** A lock table as one would write it without a thought for speed. */
class Model {
  private readonly entries: Entry[] = [];
  readonly log: string[] = [];

  constructor(private readonly lockDelay: number) {}

  acquire(now: number, id: number, key: string, ask: Ask): string {
    const same = this.entries.filter((entry) => entry.key === key);
    if (same.some((entry) => entry.ask.limit !== ask.limit)) return 'limit-mismatch';
    const entry: Entry = { id, key, ask, due: 0, state: 'waiting' };
    const holders = same.filter(({ state }) => state !== 'waiting');
    if (holders.length === same.length && fits(ask, asksOf(holders))) {
      this.seat(entry, now);
      this.entries.push(entry);
      return 'granted';
    }
    if (!ask.wait) return 'held';
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

  /** Whoever stood behind a large wish may have his turn. */
  leave(now: number, id: number): void {
    const entry = this.entries.find((one) => one.id === id && one.state === 'waiting');
    if (entry !== undefined) this.remove(entry);
    this.handOver(now);
  }

  revoke(now: number, key: string): number {
    const held = this.entries.filter((entry) => entry.key === key && entry.state !== 'waiting');
    for (const entry of held) this.end(entry, 'revoked');
    this.handOver(now);
    return held.length;
  }

  /** Millisecond by millisecond. */
  expire(now: number): void {
    for (const entry of this.entries.filter((one) => one.state !== 'waiting' && one.due <= now)) {
      if (entry.state === 'held' && this.lockDelay > 0) {
        this.log.push(`${entry.id} expired`);
        entry.state = 'kept';
        entry.due = now + this.lockDelay;
      } else this.end(entry, 'expired');
    }
    this.handOver(now);
  }

  statusOf(key: string): { mode: string | undefined; holders: number; permits: number; waiters: number } {
    const same = this.entries.filter((entry) => entry.key === key);
    const holders = asksOf(same.filter(({ state }) => state !== 'waiting'));
    return {
      mode: holders.length === 0 ? undefined : (holders[0]!.mode ?? 'exclusive'),
      holders: holders.length,
      permits: holders.reduce((sum, { permits }) => sum + (permits ?? 1), 0),
      waiters: same.length - holders.length,
    };
  }

  picture(): string[] {
    return this.entries.map(({ id, state, due }) => `${id} ${state} ${state === 'waiting' ? '' : due}`);
  }

  private end(entry: Entry, reason: string): void {
    this.remove(entry);
    if (entry.state === 'held') this.log.push(`${entry.id} ${reason}`);
  }

  /** To who came first, of each name; whoever cannot have it yet lets nobody pass. */
  private handOver(now: number): void {
    for (const key of new Set(this.entries.map((entry) => entry.key))) {
      const same = this.entries.filter((entry) => entry.key === key);
      for (const entry of same.filter(({ state }) => state === 'waiting')) {
        const holders = same.filter(({ state }) => state !== 'waiting');
        if (!fits(entry.ask, asksOf(holders))) break;
        this.seat(entry, now);
        this.log.push(`${entry.id} granted`);
      }
    }
  }

  private seat(entry: Entry, now: number): void {
    entry.state = 'held';
    entry.due = now + entry.ask.ttl;
  }

  private remove(entry: Entry): void {
    this.entries.splice(this.entries.indexOf(entry), 1);
  }
}

interface Ask {
  readonly name: string;
  readonly mode: 'shared' | undefined;
  readonly limit: number | undefined;
  readonly permits: number | undefined;
  readonly ttl: number;
  readonly wait: boolean;
}

function asksOf(entries: readonly Entry[]): Ask[] {
  return entries.map(({ ask }) => ask);
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
/** What is asked for: a lock, or permits of a semaphore. */
const kind = fc.oneof(
  fc.record({
    mode: fc.constantFrom(undefined, 'shared' as const, 'shared' as const),
    limit: fc.constant(undefined),
    permits: fc.constant(undefined),
  }),
  fc.constantFrom(2, 4).chain((limit) =>
    fc.record({
      mode: fc.constant(undefined),
      limit: fc.constant(limit),
      permits: fc.option(fc.integer({ min: 1, max: limit }), { nil: undefined }),
    }),
  ),
);
const milliseconds = fc.integer({ min: 1, max: 40 });
const who = fc.nat(30);
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .tuple(kind, fc.record({ do: fc.constant('acquire' as const), name, ttl: milliseconds, wait: fc.boolean() }))
      .map(([what, rest]) => ({ ...what, ...rest })),
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

/** That of a process, and that of a server. */
const tables = fc.constantFrom(LockTable, ServerTable);

describe('LockTable, against a naive model', () => {
  it('answers, grants, ends and forgets the same', () => {
    fc.assert(
      fc.property(
        tables,
        fc.constantFrom(0, 0, 7, 50),
        fc.array(step, { maxLength: 60, size: 'max' }),
        (Table, lockDelay, steps) => {
          const clock = new HandClock();
          const table = new Table(() => clock.now, clock, { lockDelay });
          const model = new Model(lockDelay);
          const log: string[] = [];
          const places: TestPlace[] = [];
          let lastToken = 0n;
          // One counter for all: each grant has a greater token than those before it, of whatever name.
          const checkToken = (place: TestPlace): void => {
            expect(place.fencingToken).toBeGreaterThan(lastToken);
            lastToken = place.fencingToken!;
          };

          const ask = (wishes: Ask): void => {
            const { name, mode, limit, permits, ttl, wait } = wishes;
            const id = places.length;
            // Each place has an owner of its own, whose name tells them apart in the log.
            const owner = new Client(String(id));
            owner.ended = (ended, reason) => log.push(...ended.map(() => `${id} ${reason}`));
            const onGranted = (granted: TestPlace): void => {
              log.push(`${id} granted`);
              checkToken(granted);
            };
            const place = owner.place(name, ttl, { mode, limit, permits, onGranted });
            places.push(place);
            const answer = table.acquire(place, wait);
            if (answer === 'granted') checkToken(place);
            expect(answer).toBe(model.acquire(clock.now, id, keyOf(name, limit !== undefined), wishes));
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
              if (one.do === 'renew')
                expect(table.renew(place, one.ttl)).toBe(model.renew(clock.now, one.who, one.ttl));
              else if (one.do === 'release') {
                expect(table.release(place, one.keepFor)).toBe(model.release(clock.now, one.who, one.keepFor));
              } else {
                table.leave(place);
                model.leave(clock.now, one.who);
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
            for (const semaphore of [false, true]) {
              const { mode, holders, permits = holders, waiters } = table.status('x', semaphore);
              const { mode: expected, ...counts } = model.statusOf(keyOf('x', semaphore));
              expect({ holders, permits, waiters }).toEqual(counts);
              expect(mode).toBe(semaphore ? undefined : expected);
            }
          }
          clock.advance(10_000);
          expect(table.size).toBe(0);
          expect(clock.armedFor).toBeUndefined();
        },
      ),
      { numRuns: 300 },
    );
  });
});
