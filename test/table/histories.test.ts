import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LockTable } from '../../src/table/lock-table.js';
import { ServerTable } from '../../src/table/server-table.js';
import type { Ask } from '../../src/table/place.js';
import { Client, HandClock, type TestPlace } from './support/support.js';

/** What somebody has seen of a place, from outside. */
interface Seen {
  readonly ask: Ask;
  /** The order in which they came. */
  readonly nth: number;
  is: 'waiting' | 'holding' | 'over';
  /** Until when nobody else may have what it had. */
  until: number;
}

/** Looks at what is told, knows nothing of how a table works, and writes down what must not be. */
class Witness {
  readonly wrong: string[] = [];
  private readonly seen = new Map<TestPlace, Seen>();
  private lastToken = 0n;

  constructor(
    private readonly now: () => number,
    private readonly lockDelay: number,
  ) {}

  asked(place: TestPlace): void {
    this.seen.set(place, { ask: place.ask, nth: this.seen.size, is: 'waiting', until: 0 });
  }

  /** It did not wait. */
  refused(place: TestPlace): void {
    const one = this.seen.get(place)!;
    one.is = 'over';
    const isFirst = this.of(one.ask).every(({ is }) => is !== 'waiting');
    if (isFirst && areGood([one.ask, ...this.having(one.ask)])) this.wrong.push(`${one.nth} was refused for nothing`);
  }

  granted(place: TestPlace): void {
    const one = this.seen.get(place)!;
    const earlier = this.of(one.ask).find(({ is, nth }) => is === 'waiting' && nth < one.nth);
    if (earlier !== undefined) this.wrong.push(`${one.nth} passed ${earlier.nth}`);
    one.is = 'holding';
    one.until = this.now() + one.ask.ttl;
    if (!areGood(this.having(one.ask))) this.wrong.push(`${one.nth} has what others have`);
    const token = place.fencingToken ?? 0n;
    if (token <= this.lastToken) this.wrong.push(`token ${token} after ${this.lastToken}`);
    this.lastToken = token;
  }

  renewed(place: TestPlace, ttl: number): void {
    this.seen.get(place)!.until = this.now() + ttl;
  }

  expired(place: TestPlace): void {
    const one = this.seen.get(place)!;
    if (one.until > this.now()) this.wrong.push(`${one.nth} expired before its time`);
    one.is = 'over';
    one.until += this.lockDelay;
  }

  over(place: TestPlace, keptFor = 0): void {
    const one = this.seen.get(place)!;
    one.is = 'over';
    one.until = this.now() + keptFor;
  }

  /** Nobody waits for what could be had, and nobody holds what has run out. */
  look(): void {
    for (const one of this.seen.values()) {
      if (one.is === 'holding' && one.until <= this.now()) this.wrong.push(`${one.nth} outlived its time`);
      const first = this.of(one.ask).find(({ is }) => is === 'waiting');
      if (first === one && areGood([one.ask, ...this.having(one.ask)])) {
        this.wrong.push(`${one.nth} waits for nothing`);
      }
    }
  }

  private of({ name, limit }: Ask): Seen[] {
    return [...this.seen.values()].filter(({ ask }) => ask.name === name && ask.limit === limit);
  }

  private having(ask: Ask): Ask[] {
    const isTaken = ({ is, until }: Seen): boolean => is !== 'waiting' && until > this.now();
    return this.of(ask)
      .filter(isTaken)
      .map((one) => one.ask);
  }
}

/** May these have it at the same time? */
function areGood(asks: readonly Ask[]): boolean {
  const [{ limit }] = asks as [Ask];
  if (limit !== undefined) return asks.reduce((sum, { permits = 1 }) => sum + permits, 0) <= limit;
  return asks.length <= 1 || asks.every(({ mode }) => mode === 'shared');
}

const LIMIT = 3;
const ttl = fc.integer({ min: 1, max: 30 });
const which = fc.nat({ max: 40 });
const wish = fc.oneof(
  fc.record({ name: fc.constantFrom('x', 'y'), ttl, mode: fc.constantFrom(undefined, 'shared' as const) }),
  fc.record({ name: fc.constant('s'), ttl, limit: fc.constant(LIMIT), permits: fc.integer({ min: 1, max: LIMIT }) }),
);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('ask' as const), wish, wait: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('release' as const), which, keepFor: fc.constantFrom(0, 0, 9) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('renew' as const), which, ttl }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('leave' as const), which }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 25 }) }) },
);

/** That of a process, and that of a server. */
const tables = fc.constantFrom(LockTable, ServerTable);

describe('random histories of a table, before a witness', () => {
  it('exclude, are first come, first served, and have tokens that grow', () => {
    fc.assert(
      fc.property(
        tables,
        fc.constantFrom(0, 12),
        fc.array(step, { maxLength: 80, size: 'max' }),
        (Table, lockDelay, steps) => {
          const clock = new HandClock();
          const table = new Table(() => clock.now, clock, { lockDelay });
          const witness = new Witness(() => clock.now, lockDelay);
          const places: TestPlace[] = [];
          const owner = new Client('all');
          owner.ended = (ended) => {
            for (const place of ended) witness.expired(place as TestPlace);
          };
          for (const one of steps) {
            if (one.do === 'ask') {
              const { name, ttl: time, ...rest } = one.wish;
              const place = owner.place(name, time, { ...rest, onGranted: (granted) => witness.granted(granted) });
              places.push(place);
              // What has run out is told first.
              table.status('nobody');
              witness.asked(place);
              const answer = table.acquire(place, one.wait);
              if (answer === 'granted') witness.granted(place);
              else if (answer === 'held') witness.refused(place);
            } else if (one.do === 'pass') clock.advance(one.ms);
            else {
              const place = places[one.which];
              if (place === undefined) continue;
              if (one.do === 'leave' && place.state === 'waiting') {
                witness.over(place);
                table.leave(place);
              } else if (one.do === 'renew' && table.renew(place, one.ttl)) witness.renewed(place, one.ttl);
              else if (one.do === 'release' && place.state === 'held') {
                table.status('nobody');
                if (place.state === 'held') witness.over(place, one.keepFor);
                table.release(place, one.keepFor);
              }
            }
            table.status('nobody');
            witness.look();
            expect(witness.wrong).toEqual([]);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
