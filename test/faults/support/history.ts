import type { Lease, Locks, LocksEvent } from '../../../src/index.js';

/** What some contender was told. */
export interface Told {
  readonly who: string;
  readonly type: LocksEvent['type'] | 'value';
  /** The event's own stamp, in epoch milliseconds. */
  readonly at: number;
  /** When it was told, in epoch milliseconds. */
  readonly told: number;
  /** The lease that it is about. */
  readonly lease?: string | undefined;
}

/** A time during which somebody believed in the lock. */
interface Belief {
  readonly lease: string;
  readonly who: string;
  readonly from: number;
  until: number;
}

/** Everything that all contenders for one name were told, in the order in which they were. */
export class History {
  readonly all: Told[] = [];
  /** The most leases that said at one time, when somebody was granted the lock, that they were held. */
  believers = 0;
  private readonly leases: Lease[] = [];

  constructor(private readonly name: string) {}

  /** Takes down what these locks do from now on. */
  record(who: string, locks: Locks): void {
    locks.events$.subscribe((event) => {
      if (event.name !== this.name) return;
      const lease = 'lease' in event ? event.lease?.id : undefined;
      this.all.push({ who, type: event.type, at: event.at, told: Date.now(), lease });
      if (event.type !== 'acquired') return;
      this.leases.push(event.lease);
      // Unlike `isHeld`, this changes nothing: a loss that nobody has told yet stays untold.
      const held = this.leases.filter((one) => one.toJSON().isHeld);
      this.believers = Math.max(this.believers, held.length);
    });
  }

  of(who: string, ...types: readonly Told['type'][]): readonly Told[] {
    return this.all.filter((one) => one.who === who && (types.length === 0 || types.includes(one.type)));
  }

  first(who: string, type: Told['type']): Told | undefined {
    return this.of(who, type)[0];
  }

  /**
   * Milliseconds during which two believed in the lock, or somebody's work went on in another's time.
   *
   * A belief begins with the stamp of `acquired`, and ends with that of its end or when that was told, whichever is later.
   */
  overhold(): number {
    const beliefs = this.beliefs();
    const overlaps = beliefs.flatMap((one, index) =>
      beliefs.slice(index + 1).map((next) => Math.min(one.until, next.until) - Math.max(one.from, next.from)),
    );
    const strays = this.all
      .filter(({ type }) => type === 'value')
      .flatMap(({ who, told }) => {
        const around = beliefs.filter(({ from, until }) => from < told && told < until);
        return around.some((belief) => belief.who === who) ? [] : around.map(({ from }) => told - from);
      });
    return Math.ceil(Math.max(0, ...overlaps, ...strays));
  }

  /** Milliseconds between the end of the first belief and the next, unless that began before. */
  free(): number | undefined {
    const [first, second] = this.beliefs();
    if (first === undefined || second === undefined || second.from < first.until) return undefined;
    return Math.floor(second.from - first.until);
  }

  /** What became of somebody's lock, for the table. */
  fate(who: string): string {
    return (['acquired', 'renewed', 'uncertain', 'lost', 'released'] as const)
      .map((type) => [type, this.of(who, type).length] as const)
      .filter(([, count]) => count > 0)
      .map(([type, count]) => (count === 1 ? type : `${String(count)} × ${type}`))
      .join(', ');
  }

  private beliefs(): readonly Belief[] {
    const beliefs: Belief[] = [];
    for (const { who, type, lease, at, told } of this.all) {
      if (type === 'acquired') beliefs.push({ lease: lease!, who, from: at, until: Infinity });
      if (type !== 'lost' && type !== 'released') continue;
      const belief = beliefs.find((one) => one.who === who && one.lease === lease);
      if (belief === undefined) throw new Error(`${who} was told ${type} of what it never had`);
      belief.until = Math.max(at, told);
    }
    return beliefs.sort((a, b) => a.from - b.from);
  }
}
