import { describe, expect, it } from 'vitest';
import type { PlaceRecord } from '../../../src/server/records.js';
import { ServerCore } from '../../../src/server/server-core.js';
import { ServerSession, SessionPlace } from '../../../src/server/session.js';
import type { Ask, EndReason } from '../../../src/table/place.js';
import { Time } from '../../support/virtual.js';
import { Chance } from '../../whole/properties/search/chance.js';
import { FakeDisk, FakeLedger } from '../support/fake-ledger.js';

const HISTORIES = 400;
const STEPS = 250;
const NAMES = ['a', 'b', 'c'];

/** What a client was told, and so believes. */
interface Belief {
  readonly ask: Ask;
  readonly token: number;
  /** The longest ttl that it was told of. */
  ttl: number;
  /** On the witness's clock. */
  until: number;
}

class ModelPlace extends SessionPlace {
  belief: Belief | undefined = undefined;
  /** When it was asked for, on the witness's clock. */
  askedAt = 0;

  constructor(
    ask: Ask,
    owner: ServerSession,
    private readonly onGranted: (place: ModelPlace) => void,
  ) {
    super(ask, owner);
  }

  granted(): void {
    this.onGranted(this);
  }

  taken(_reason: EndReason): void {
    // Its client finds out.
  }

  override record(): PlaceRecord {
    return { front: 'model', data: { of: this.ask.name } };
  }
}

/** A server that may be killed at any time, and the clients' side of what it says: what they believe outlives it. */
class Stage {
  readonly disk = new FakeDisk();
  private readonly beliefs = new Set<Belief>();
  private places: ModelPlace[] = [];
  private time = new Time();
  private base = 0;
  private ledger = new FakeLedger(this.disk);
  private core = new ServerCore({ scheduler: this.time }, undefined, undefined, { ledger: this.ledger });
  private session = new ServerSession();
  private highest = 0;
  private readonly tokens = new Set<number>();
  grants = 0;
  starts = 0;

  constructor(private readonly chance: Chance) {
    void this.core.records.begin();
  }

  private get now(): number {
    return this.base + this.time.now();
  }

  step(): void {
    const { chance } = this;
    const acts = {
      acquire: () => this.acquire(),
      renew: () => this.renew(),
      release: () => this.release(),
      turn: () => this.time.turn(),
      finish: () => this.ledger.finish(),
      wait: () => this.time.advance(chance.below(40)),
      idle: () => this.time.advance(chance.below(1500)),
      trouble: () => (this.disk.trouble = chance.happens(0.3) ? 'full' : undefined),
      crash: () => this.crash(),
    };
    acts[
      chance.weighted({ acquire: 8, renew: 4, release: 4, turn: 8, finish: 8, wait: 3, idle: 2, trouble: 1, crash: 1 })
    ]();
    this.check();
  }

  /** No two believe in what excludes each other. */
  private check(): void {
    const now = this.now;
    for (const belief of this.beliefs) if (belief.until <= now) this.beliefs.delete(belief);
    for (const name of NAMES) {
      const locks = [...this.beliefs].filter(({ ask }) => ask.name === name && ask.limit === undefined);
      const writers = locks.filter(({ ask }) => ask.mode === undefined);
      if (writers.length > 1 || (writers.length === 1 && locks.length > 1)) throw new Error(`two believe in ${name}`);
      const slots = [...this.beliefs].filter(({ ask }) => ask.name === name && ask.limit !== undefined);
      const taken = slots.reduce((sum, { ask }) => sum + (ask.permits ?? 1), 0);
      if (taken > 3) throw new Error(`${String(taken)} permits of 3 are believed in`);
    }
  }

  private acquire(): void {
    const { chance, core } = this;
    const name = chance.of(NAMES);
    const ttl = 100 + chance.below(2000);
    const ask = chance.of<Ask>([
      { name, ttl },
      { name, ttl, mode: 'shared' },
      { name, ttl, limit: 3, permits: 1 + chance.below(2) },
    ]);
    const place = new ModelPlace(ask, this.session, (granted) => {
      this.settle(granted);
    });
    place.askedAt = this.now;
    core.turn.run(() => {
      const answer = core.table.acquire(place, chance.happens(0.5));
      this.places.push(place);
      if (answer === 'granted') this.settle(place);
    });
  }

  private settle(place: ModelPlace): void {
    // Its ttl began with the grant at the earliest, so nobody believes in it for longer than that.
    const grantedAt = this.now;
    const { core } = this;
    core.records.whenStored((failure) => {
      if (failure !== undefined) core.table.release(place);
      else if (place.state === 'held') this.told(place, grantedAt);
    }, place);
  }

  private told(place: ModelPlace, grantedAt: number): void {
    const { token, ask } = place;
    this.grants++;
    if (token <= this.highest && this.tokens.has(token)) throw new Error(`token ${String(token)} again`);
    const before = [...this.beliefs].filter(
      (other) => other.ask.name === ask.name && (other.ask.limit === undefined) === (ask.limit === undefined),
    );
    if (before.some((other) => other.token > token && ask.mode === undefined && ask.limit === undefined))
      throw new Error('a token fell');
    this.tokens.add(token);
    this.highest = Math.max(this.highest, token);
    place.belief = { ask, token, ttl: ask.ttl, until: grantedAt + ask.ttl };
    this.beliefs.add(place.belief);
  }

  private renew(): void {
    const { chance, core } = this;
    const place = this.some(({ belief }) => belief !== undefined);
    const belief = place?.belief;
    if (place === undefined || belief === undefined) return;
    const ttl = chance.happens(0.5) ? belief.ttl : 100 + chance.below(4000);
    const sentAt = this.now;
    // Who asks for less believes in no more from then on, whenever he is answered.
    belief.until = Math.min(belief.until, sentAt + ttl);
    core.turn.run(() => {
      if (!core.table.renew(place, ttl)) {
        this.beliefs.delete(belief);
        return;
      }
      core.records.whenStored((failure) => {
        const given = failure === undefined ? ttl : Math.min(ttl, core.records.storedTtl(place));
        if (place.state !== 'held' || !this.beliefs.has(belief)) return;
        belief.ttl = Math.max(belief.ttl, given);
        belief.until = sentAt + given;
      }, place);
    });
  }

  private release(): void {
    const place = this.some(({ state }) => state === 'held' || state === 'waiting');
    if (place === undefined) return;
    const { chance, core } = this;
    if (place.belief !== undefined) this.beliefs.delete(place.belief);
    core.turn.run(() => {
      if (place.state === 'waiting') core.table.leave(place);
      else core.table.release(place, chance.happens(0.2) ? chance.below(500) : 0);
    });
  }

  private some(which: (place: ModelPlace) => boolean): ModelPlace | undefined {
    this.places = this.places.filter(({ state }) => state === 'held' || state === 'waiting');
    const all = this.places.filter(which);
    return all.length === 0 ? undefined : this.chance.of(all);
  }

  /** The server is killed, and started again a while later. */
  private crash(): void {
    this.ledger.crash(this.chance.happens(0.5));
    this.base = this.now + this.chance.below(50);
    this.disk.trouble = undefined;
    this.starts++;
    this.time = new Time();
    this.ledger = new FakeLedger(this.disk);
    this.session = new ServerSession();
    this.core = new ServerCore({ scheduler: this.time }, undefined, undefined, { ledger: this.ledger });
    const { table, records } = this.core;
    const restored = new Map(records.restored('model').map((place) => [place.token, place]));
    this.places = [];
    for (const belief of this.beliefs) {
      if (belief.until <= this.now) continue;
      const found = restored.get(belief.token);
      if (found === undefined) throw new Error(`the lock with token ${String(belief.token)} is lost`);
      if (found.ask.ttl < belief.ttl) throw new Error('it would not live for its full ttl');
      // Half of the fronts are not there any more: then nobody has it, and it may not be given to anybody else all the same.
      if (this.chance.happens(0.5)) continue;
      const place = new ModelPlace(found.ask, this.session, () => undefined);
      place.belief = belief;
      table.restore(place, found.token);
      this.places.push(place);
    }
    void records.begin();
    if (this.core.table.lastToken < this.highest) throw new Error('tokens begin below those of before');
  }
}

describe('a server that keeps its locks, killed at any point', () => {
  it('loses nothing that it has told, and grants nothing that may still be believed in', () => {
    let grants = 0;
    let starts = 0;
    for (let seed = 1; seed <= HISTORIES; seed++) {
      const stage = new Stage(new Chance(seed));
      try {
        for (let step = 0; step < STEPS; step++) stage.step();
      } catch (error) {
        throw new Error(`seed ${String(seed)}: ${(error as Error).message}`, { cause: error });
      }
      grants += stage.grants;
      starts += stage.starts;
    }
    expect(grants).toBeGreaterThan(HISTORIES * 5);
    expect(starts).toBeGreaterThan(HISTORIES);
  });
});
