import type { CompositeLease, Lease } from '../../../../src/contract/lease.js';
import type { Grant } from '../../../../src/contract/backend.js';
import { LIMIT, SEMAPHORE } from './generate.js';
import { Many } from './many.js';
import type { Wishes } from './program.js';

/** What must hold. Each is a test of its own. */
export const INVARIANTS = [
  'a stream tells in order',
  'a stream below tapLock tells in order',
  'a shared stream tells in order',
  'several locks as one tell in order',
  'an election tells in order',
  'events$ tells in order',
  'a lease that has ended is not held',
  'nobody holds what another holds',
  'work runs only under its lock',
  'a value passes only under its lock',
  'who is stopped is granted nothing more',
  'who is stopped has ended',
  'who holds a lock works',
  'who waits for a free lock is granted it',
  'a grant has an owner',
  'nothing is left',
  'close() ends',
  'nothing goes on for ever',
  'no error is thrown that no handler threw',
] as const;

export type Invariant = (typeof INVARIANTS)[number];

export type AnyLease = Lease<unknown>;

const SHARED = 'shared';

/** More events than any program has within a while. */
const MANY = 200_000;

/** What went wrong, and which leases there are, by all that is told of them. */
export class Ledger {
  readonly wrongs = new Map<Invariant, string>();
  /** What happened first gets the smaller number. */
  private count = 0;
  private readonly firstSeen = new Map<AnyLease, number>();
  private readonly numbers = new Map<AnyLease, number>();
  private readonly held = new Map<string, Set<AnyLease>>();
  private readonly tokens = new Set<string>();
  private readonly ended = new Set<AnyLease>();

  private readonly events: Many;

  constructor(private readonly now: () => number) {
    this.events = new Many(MANY, now);
  }

  wrong(invariant: Invariant, what: string): void {
    if (!this.wrongs.has(invariant)) this.wrongs.set(invariant, `${what}, after ${String(this.now())} ms`);
  }

  /** Something was told. Ends what would go on for ever. */
  heard(): void {
    this.events.add('events');
  }

  get isOver(): boolean {
    return this.events.isOver;
  }

  next(): number {
    return ++this.count;
  }

  /** A short name for a lease. */
  nameOf(lease: AnyLease): string {
    return `${lease.name}#${String(this.numbers.get(lease) ?? '?')}`;
  }

  /** Somebody was told of a lease. */
  seen(lease: AnyLease): void {
    if (this.firstSeen.has(lease)) return;
    // Several as one were granted with the last of them.
    const members = membersOf(lease).map((one) => this.firstSeen.get(one) ?? 0);
    this.firstSeen.set(lease, Math.max(...members) || this.next());
    this.numbers.set(lease, this.numbers.size + 1);
    for (const one of membersOf(lease)) {
      this.tokens.add(`${one.name} ${String(one.fencingToken)}`);
      const held = this.held.get(one.name) ?? new Set();
      this.held.set(one.name, held.add(one));
      this.checkExclusion(one.name, held);
    }
  }

  seenAt(lease: AnyLease): number {
    return this.firstSeen.get(lease) ?? this.count;
  }

  /** `events$` has told its end. */
  end(lease: AnyLease): void {
    this.ended.add(lease);
    if (isHeld(lease)) this.wrong('a lease that has ended is not held', this.nameOf(lease));
  }

  /** Has its time passed, whether or not anybody has noticed? */
  hasRunOut({ expiresAt }: AnyLease): boolean {
    return expiresAt.getTime() <= this.now();
  }

  /** Was it told that it is over? */
  hasEnded(lease: AnyLease): boolean {
    return membersOf(lease).some((one) => this.ended.has(one));
  }

  check(): void {
    for (const [name, held] of this.held) this.checkExclusion(name, held);
  }

  /** Was somebody told of the lease of this grant? */
  knows({ name, fencingToken }: Grant): boolean {
    return this.tokens.has(`${name} ${String(fencingToken)}`);
  }

  /** How many leases there were. */
  get size(): number {
    return this.numbers.size;
  }

  get anyHeld(): string | undefined {
    for (const held of this.held.values()) for (const lease of held) if (isHeld(lease)) return this.nameOf(lease);
    return undefined;
  }

  private checkExclusion(name: string, held: Set<AnyLease>): void {
    for (const lease of held) if (!isHeld(lease)) held.delete(lease);
    if (mayBeHeldTogether(name, [...held])) return;
    this.wrong('nobody holds what another holds', [...held].map((lease) => this.nameOf(lease)).join(' and '));
  }
}

/** May all of these leases of a name be held at the same time? */
export function mayBeHeldTogether(name: string, leases: readonly AnyLease[]): boolean {
  return name === SEMAPHORE
    ? leases.reduce((sum, { metadata }) => sum + Number(metadata ?? 1), 0) <= LIMIT
    : leases.length <= 1 || leases.every(({ metadata }) => metadata === SHARED);
}

/** How a lease is held, as it says itself: in the metadata of its lock. */
export function shareOf({ mode, permits }: Wishes): { readonly metadata?: string } {
  if (mode === 'shared') return { metadata: SHARED };
  return permits === undefined ? {} : { metadata: String(permits) };
}

/** Looks without changing anything. */
export function isHeld(lease: AnyLease): boolean {
  return lease.toJSON().isHeld;
}

function membersOf(lease: AnyLease): readonly AnyLease[] {
  return (lease as Partial<CompositeLease>).leases ?? [lease];
}
