import type { LocksEvent } from '../../../../src/contract/lease.js';
import { LockClosedError } from '../../../../src/contract/errors.js';
import type { Leadership } from '../../../../src/contract/status.js';
import { isHeld, mayBeHeldTogether, type AnyLease, type Invariant, type Ledger } from './ledger.js';

/** What a handler of a program throws. */
export class Thrown extends Error {
  override name = 'Thrown';
}

interface Told {
  readonly type: string;
  readonly lease?: AnyLease;
}

/** Listens to one subscription of a lock's stream: `(waiting* acquired (renewed|uncertain)* (lost|released))*`, one end. */
export class LockGrammar {
  /** What it was told to hold. */
  lease: AnyLease | undefined;
  isOver = false;
  private readonly past = new Set<AnyLease>();
  private last = '';
  private isLast = false;

  constructor(
    private readonly ledger: Ledger,
    private readonly invariant: Invariant,
    private readonly who: string,
    private readonly again: boolean,
  ) {}

  event({ type, lease }: Told): void {
    this.ledger.heard();
    const said = lease === undefined ? type : `${type} ${this.ledger.nameOf(lease)}`;
    if (this.isOver) this.wrong(`${said} after the end`);
    if (this.isLast) this.wrong(`${said} after ${this.last}`);
    this.last = said;
    if (lease === undefined) {
      if (this.lease !== undefined) this.wrong(`${said} while ${this.ledger.nameOf(this.lease)} is held`);
      return;
    }
    if (type === 'acquired') this.acquired(lease);
    else if (lease !== this.lease) this.wrong(`${said}, which is not the one that was acquired`);
    else if (type === 'lost' || type === 'released') {
      this.lease = undefined;
      this.isLast = type === 'released' || !this.again;
      if (type === 'lost' && isHeld(lease)) this.ledger.wrong('a lease that has ended is not held', said);
    }
  }

  complete(): void {
    if (this.lease !== undefined)
      this.wrong(`complete, but nothing was told of the end of ${this.ledger.nameOf(this.lease)}`);
    this.isOver = true;
  }

  error(error: unknown): void {
    const isKnown = error instanceof Thrown || error instanceof LockClosedError;
    if (this.lease !== undefined && !isKnown) {
      this.wrong(`${String(error)}, but nothing was told of the end of ${this.ledger.nameOf(this.lease)}`);
    }
    this.isOver = true;
  }

  left(): void {
    this.isOver = true;
  }

  /** Nothing goes on at the moment. */
  check(): void {
    if (this.isOver) return;
    if (this.isLast) this.wrong(`no end after ${this.last}`);
    if (this.lease !== undefined && this.ledger.hasEnded(this.lease)) {
      this.wrong(`${this.ledger.nameOf(this.lease)} has ended, which was not told here`);
    }
  }

  private acquired(lease: AnyLease): void {
    this.ledger.seen(lease);
    const name = this.ledger.nameOf(lease);
    if (this.lease !== undefined)
      this.wrong(`acquired ${name}, but nothing was told of the end of ${this.ledger.nameOf(this.lease)}`);
    if (this.past.has(lease)) this.wrong(`acquired ${name} again`);
    this.past.add(lease);
    this.lease = lease;
  }

  private wrong(what: string): void {
    this.ledger.wrong(this.invariant, `${this.who}: ${what}`);
  }
}

/** Listens to one subscription of `leader$`. */
export class LeaderGrammar {
  lease: AnyLease | undefined;
  isOver = false;
  private readonly past = new Set<AnyLease>();
  private last: string | undefined;

  constructor(
    private readonly ledger: Ledger,
    private readonly who: string,
  ) {}

  event(now: Leadership): void {
    this.ledger.heard();
    if (now.leading) this.ledger.seen(now.lease);
    const said = now.leading
      ? `leads by ${this.ledger.nameOf(now.lease)}`
      : `follows ${String(now.leader?.holder)} ${String(now.leader?.term)}`;
    if (this.isOver) this.wrong(`${said} after the end`);
    if (said === this.last) this.wrong(`${said} twice`);
    this.last = said;
    this.lease = now.leading ? now.lease : undefined;
    if (!now.leading) return;
    if (this.past.has(now.lease)) this.wrong(`${said} again`);
    this.past.add(now.lease);
  }

  left(): void {
    this.isOver = true;
  }

  check(): void {
    if (this.isOver || this.lease === undefined || !this.ledger.hasEnded(this.lease)) return;
    this.wrong(`${String(this.last)}, which has ended, is the last word`);
  }

  private wrong(what: string): void {
    this.ledger.wrong('an election tells in order', `${this.who}: ${what}`);
  }
}

/** Listens to `events$`: of each lease `acquired`, then its renewals, one end, and the answer to its release. */
export class EventsGrammar {
  private readonly states = new Map<unknown, 'held' | 'ended' | 'answered'>();

  constructor(
    private readonly ledger: Ledger,
    private readonly who: string,
  ) {}

  event(event: LocksEvent): void {
    this.ledger.heard();
    const { type } = event;
    if (!('lease' in event) || event.lease === undefined || type === 'drain-error') return;
    const { lease } = event;
    if (type === 'acquired') this.ledger.seen(lease);
    const state = this.states.get(lease);
    const said = `${type} ${this.ledger.nameOf(lease)}`;
    if (type === 'acquired') {
      if (state !== undefined) this.wrong(`${said} after its ${state}`);
      this.states.set(lease, 'held');
      this.checkHolders(lease.name, said);
    } else if (type === 'release') {
      // Of a grant that came too late nothing else is told.
      if (state !== 'ended' && state !== undefined) this.wrong(`${said}, which is ${state}`);
      this.states.set(lease, 'answered');
    } else {
      if (state !== 'held') this.wrong(`${said}, which is ${String(state)}`);
      if (type !== 'lost' && type !== 'released') return;
      this.states.set(lease, 'ended');
      this.ledger.end(lease);
    }
  }

  /** Who counts holders by what is told must not see more than there may be. */
  private checkHolders(name: string, said: string): void {
    const holders = [...this.states].flatMap(([lease, state]) => (state === 'held' ? [lease as AnyLease] : []));
    // What has run out while the event loop stood still is noticed by its timer, after all that comes before it.
    const ofName = holders.filter((lease) => lease.name === name && !this.ledger.hasRunOut(lease));
    if (mayBeHeldTogether(name, ofName)) return;
    this.wrong(`${said}, and ${ofName.map((lease) => this.ledger.nameOf(lease)).join(' and ')} are held together`);
  }

  /** Everybody has left, and time has passed. */
  end(): void {
    for (const [lease, state] of this.states) {
      if (state === 'held') this.wrong(`nothing was told of the end of ${this.ledger.nameOf(lease as AnyLease)}`);
    }
  }

  private wrong(what: string): void {
    this.ledger.wrong('events$ tells in order', `${this.who}: ${what}`);
  }
}
