import { LockTable } from '../../../src/table/lock-table.js';
import { Place, type Ask, type EndReason, type Owner } from '../../../src/table/place.js';

/** A clock and its one timer, moved by hand. */
export class HandClock {
  now = 0;
  /** How often a timer was armed. */
  armings = 0;
  private pending: { at: number; run: () => void } | undefined;

  /** When the timer is due; `undefined` if none is armed. */
  get armedFor(): number | undefined {
    return this.pending?.at;
  }

  schedule(delay: number, run: () => void): () => void {
    if (this.pending !== undefined) throw new Error('a second timer was armed');
    if (!Number.isInteger(delay) || delay < 0 || delay > 2 ** 31 - 1) throw new Error(`a delay of ${delay}`);
    this.armings++;
    const entry = (this.pending = { at: this.now + delay, run });
    return () => {
      if (this.pending === entry) this.pending = undefined;
    };
  }

  /** Time passes, and timers fire on the way. */
  advance(ms: number): void {
    const end = this.now + ms;
    for (let due = this.pending; due !== undefined && due.at <= end; due = this.pending) {
      this.now = due.at;
      this.pending = undefined;
      due.run();
    }
    this.now = end;
  }

  /** Time passes, and no timer fires: the event loop is blocked. */
  block(ms: number): void {
    this.now += ms;
  }
}

/** Somebody who has places and writes down what happens to them. */
export class Client implements Owner {
  constructor(
    readonly name: string,
    readonly log: string[] = [],
  ) {}

  ended(places: readonly Place[], reason: EndReason): void {
    this.log.push(`${this.name} ${reason} ${places.map((place) => place.name).join(',')}`);
  }

  place(name: string, ttl = 1000, more: Partial<Ask> & { onGranted?: (place: TestPlace) => void } = {}): TestPlace {
    const { onGranted, ...ask } = more;
    return new TestPlace({ name, ttl, holder: this.name, ...ask }, this, onGranted);
  }
}

export class TestPlace extends Place {
  declare readonly owner: Client;

  constructor(
    ask: Ask,
    owner: Client,
    private readonly onGranted?: (place: TestPlace) => void,
  ) {
    super(ask, owner);
  }

  granted(): void {
    this.owner.log.push(`${this.owner.name} granted ${this.name}`);
    this.onGranted?.(this);
  }
}

/** @param table The table; a plain one if absent. */
export function setUp(): SetUp<LockTable>;
export function setUp<T extends LockTable>(table: (clock: HandClock) => T): SetUp<T>;
export function setUp(table = (clock: HandClock) => new LockTable(() => clock.now, clock)): SetUp<LockTable> {
  const clock = new HandClock();
  const log: string[] = [];
  return { clock, table: table(clock), log, client: (name) => new Client(name, log) };
}

interface SetUp<T extends LockTable> {
  readonly clock: HandClock;
  readonly table: T;
  readonly log: string[];
  readonly client: (name: string) => Client;
}
