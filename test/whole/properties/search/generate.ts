import { Chance } from './chance.js';
import type {
  AcquireAnswer,
  Act,
  Actor,
  Answers,
  Listener,
  Moment,
  Program,
  Reaction,
  ReleaseAnswer,
  RenewAnswer,
  Source,
  Step,
  Who,
  Wishes,
  Work,
} from './program.js';

/** Until-notifiers and signals of a program. */
export const NOTIFIERS = 3;
/** The one semaphore, and its places. */
export const SEMAPHORE = 's';
export const LIMIT = 2;

const NAMES = ['a', 'b', 'c'] as const;
const TTLS = [2000, 10_000, 10_000] as const;

/** Makes the program of a seed. */
export function generate(seed: number): Program {
  return new Generator(seed).program();
}

class Generator {
  private readonly chance: Chance;
  /** Of its own, so that the program of a seed stays what it was but for this. */
  private readonly modes: Chance;
  private readonly locks: number;
  private readonly actors: number;

  constructor(private readonly seed: number) {
    this.chance = new Chance(seed);
    this.modes = new Chance(seed + 500_000_003);
    this.locks = 1 + this.chance.below(3);
    this.actors = this.chance.happens(0.1) ? 1 + this.chance.below(20) : 1 + this.chance.below(5);
  }

  program(): Program {
    const { chance, seed, locks } = this;
    const sources = chance.list(1 + chance.below(3), (id) => this.source(id));
    const actors = chance.list(this.actors, (id) => this.actor(id, sources));
    return {
      seed,
      ...(chance.happens(0.5) ? {} : { service: this.answers() }),
      locks,
      sources,
      actors,
      listeners: chance.happens(0.3) ? chance.list(1 + chance.below(2), () => this.listener()) : [],
      steps: this.steps(),
    };
  }

  private source(id: number): Source {
    const { chance } = this;
    const kind = chance.weighted({ lock: 5, semaphore: 1, all: 3, leader: 2 });
    const wanted = kind === 'all' ? 1 + chance.below(3) : 1;
    const one = kind === 'semaphore' ? SEMAPHORE : chance.of(NAMES.slice(0, 2));
    const names = kind === 'all' ? NAMES.slice(0, wanted) : [one];
    return {
      id,
      kind,
      locks: chance.below(this.locks),
      names,
      // Whoever leads a name with another ttl is refused.
      ttl: kind === 'leader' ? 10_000 : chance.of(TTLS),
      wishes: kind === 'leader' ? this.stops() : { ...this.wishes(), ...this.share(kind) },
      shared: kind !== 'leader' && chance.happens(0.35),
    };
  }

  private wishes(): Wishes {
    const { chance } = this;
    return {
      ...(chance.happens(0.3) ? { wait: chance.of([false, 3000]) } : {}),
      ...(chance.happens(0.5) ? { onLost: chance.of(['complete', 'error', 'reacquire', 'reacquire'] as const) } : {}),
      ...(chance.happens(0.3) ? { renew: false } : {}),
      ...(chance.happens(0.15) ? { minHold: 4000 } : {}),
      ...(chance.happens(0.2) ? { maxHold: 5000 } : {}),
      ...this.stops(),
    };
  }

  private share(kind: Source['kind']): Wishes {
    const { modes } = this;
    if (kind === 'semaphore') return modes.happens(0.4) ? { permits: LIMIT } : {};
    return modes.happens(0.4) ? { mode: 'shared' } : {};
  }

  private stops(): Wishes {
    const { chance } = this;
    return {
      ...(chance.happens(0.35) ? { until: chance.below(NOTIFIERS) } : {}),
      ...(chance.happens(0.15) ? { signal: chance.below(NOTIFIERS) } : {}),
    };
  }

  private actor(id: number, sources: readonly Source[]): Actor {
    const { chance } = this;
    const source = chance.of(sources);
    const via =
      source.kind === 'leader'
        ? chance.weighted({ none: 1, whileLeader: 1 })
        : chance.weighted({ none: 4, usingLock: 3, withLock: 1, tryWithLock: 1, lockMap: 1 });
    return {
      id,
      source: source.id,
      via,
      work: this.work(),
      reactions: chance.list(chance.below(4), () => this.reaction(source.kind === 'leader', via)),
    };
  }

  private work(): Work {
    const { chance } = this;
    const kinds = {
      never: 4,
      sync: 2,
      values: 4,
      throws: 1,
      fails: 1,
      'gives back': 1,
      promise: 1,
      obedient: 1,
      stuck: 1,
    };
    return {
      kind: chance.weighted(kinds),
      ...(chance.happens(0.6) ? { onLost: chance.of(['complete', 'error', 'reacquire', 'reacquire'] as const) } : {}),
      ...(chance.happens(0.3) ? { drain: chance.of(['sync', 'slow', 'throws', 'never'] as const) } : {}),
      ...(chance.happens(0.3) ? { drainTimeout: chance.of([100, 30_000]) } : {}),
    };
  }

  private reaction(leads: boolean, via: Actor['via']): Reaction {
    const { chance } = this;
    const above = chance.happens(0.5);
    const events = { waiting: 2, acquired: 6, renewed: 1, uncertain: 1, lost: 3, released: 3 };
    const inside = { value: 2, work: 3, halt: 2 };
    const ends = { complete: 1, error: 1 };
    const told: Partial<Record<Moment, number>> = leads ? { leading: 3, following: 2 } : events;
    const at = chance.weighted(above ? told : via === 'none' ? { ...told, ...ends } : { ...inside, ...ends });
    return { at, nth: chance.happens(0.7) ? 0 : chance.below(3), above, act: this.act(true) };
  }

  private listener(): Listener {
    const { chance } = this;
    const at = { waiting: 1, acquired: 4, renewed: 1, uncertain: 1, lost: 2, released: 2, release: 1, error: 1 };
    return { locks: chance.below(this.locks), at: chance.weighted(at), nth: chance.below(2), act: this.act(false) };
  }

  private act(inside: boolean): Act {
    const { chance } = this;
    const who = (): Who => (inside && chance.happens(0.6) ? 'self' : chance.below(this.actors));
    const what = chance.weighted({
      ...{ leave: 4, release: 4, ask: 3, subscribe: 4, stop: 2, abort: 1, block: 3, revoke: 2 },
      ...(inside ? { throw: 1.5 } : { throw: 0 }),
      close: 0.5,
    });
    switch (what) {
      case 'leave':
      case 'release':
      case 'subscribe':
        return { do: what, who: who() };
      case 'ask':
        return {
          do: 'ask',
          who: who(),
          what: chance.of(['isHeld', 'isHeld', 'remaining', 'signal', 'ended$'] as const),
        };
      case 'stop':
        return { do: 'stop', until: chance.below(NOTIFIERS) };
      case 'abort':
        return { do: 'abort', signal: chance.below(NOTIFIERS) };
      case 'block':
        return { do: 'block', ms: chance.of([500, 1700, 9000]) };
      case 'revoke':
        return { do: 'revoke', name: chance.of(NAMES) };
      case 'close':
        return { do: 'close', locks: chance.below(this.locks), drain: chance.of([0, 0, 3000]) };
      case 'throw':
        return { do: 'throw' };
    }
  }

  private steps(): Step[] {
    const { chance } = this;
    const steps: Step[] = [];
    for (let who = 0; who < this.actors; who++) {
      steps.push({ do: 'subscribe', who });
      if (chance.happens(0.4)) steps.push(this.step());
    }
    const more = chance.below(12);
    for (let i = 0; i < more; i++) steps.push(this.step());
    return steps;
  }

  private step(): Step {
    const { chance } = this;
    if (chance.happens(0.5)) return { do: 'pass', ms: chance.of([0, 1, 100, 700, 1601, 3400, 8001, 10_001, 30_000]) };
    return this.act(false);
  }

  private answers(): Answers {
    const { chance } = this;
    const some = <K extends string>(weights: Readonly<Record<K, number>>, first: K): K[] =>
      chance.happens(0.3) ? [first] : chance.list(1 + chance.below(4), () => chance.weighted(weights));
    const acquire: Record<AcquireAnswer, number> = {
      ...{ now: 8, late: 3, 'too late': 1, never: 1, twice: 1, impossible: 1, 'held, then granted': 1 },
      ...{ confirm: 1, fails: 1, throws: 0.5, empty: 0.5 },
    };
    const renew: Record<RenewAnswer, number> = {
      ...{ now: 8, late: 3, 'too late': 1, never: 1, fails: 1, throws: 0.5, empty: 0.5, refused: 1, impossible: 1 },
    };
    const release: Record<ReleaseAnswer, number> = {
      ...{ now: 8, late: 3, never: 1, fails: 1, throws: 0.5, empty: 0.5, 'answered, never completed': 1 },
    };
    return {
      fifo: chance.happens(0.5),
      push: chance.happens(0.5),
      minHold: chance.happens(0.5),
      // One that never just grants keeps those who wait busy, at the pace of a hint, for the whole time.
      acquire: [...some(acquire, 'now'), 'now'],
      renew: some(renew, 'now'),
      release: some(release, 'now'),
    };
  }
}
