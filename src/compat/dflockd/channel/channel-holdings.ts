import { Subject } from 'rxjs';
import type { Connection } from '../../../backends/dflockd/wire/connection.js';
import { DflockdBook } from '../../../backends/dflockd/locks/book.js';
import type { DflockdHolding } from '../../../backends/dflockd/locks/holding.js';
import type { Revocation } from '../../../contract/backend.js';
import type { LockError } from '../../../contract/errors.js';
import type { Clock } from '../../../contract/time.js';
import { ChurnMap } from '../../../values/churn-map.js';
import type { Told } from './told.js';
import type { Wanted } from './wanted.js';

/** From so many on, those that ran out are looked for. */
const MANY = 64;

/** A lock that was granted on a channel. */
interface Taken {
  readonly holding: DflockdHolding;
  /** What a renewal asks for that does not say: what was last asked for, or else granted. Seconds. */
  renewal: number;
}

/** The locks that were granted on one connection, by their tokens: the functions of the document know them by no other name. */
export class ChannelHoldings {
  readonly book: DflockdBook;
  private readonly revocations = new Subject<Revocation>();
  private byToken = new ChurnMap<string, Taken>();
  private many = MANY;

  /** Emits what is not held any more: the server has said so, or the connection is gone. */
  readonly revoked$ = this.revocations.asObservable();

  constructor(clock: Clock) {
    this.book = new DflockdBook({ clock, revoked$: this.revocations });
  }

  /** Enters a lock that was granted. */
  take({ kind, key }: Wanted, { token, sure, renewal }: Told, connection: Connection, sentAt: number): void {
    this.prune();
    const known = { name: key, holder: '', kind, key, seconds: renewal };
    const holding = this.book.enter(known, { token, lease: sure }, connection, sentAt, false);
    this.byToken.set(token, { holding, renewal });
  }

  /** Finds what was granted here; undefined for what was given back or refused, and for what was never ours. */
  find(token: string): DflockdHolding | undefined {
    return this.byToken.get(token)?.holding;
  }

  /** Is it held here, as far as is known? */
  isHeld(token: string): boolean {
    return this.find(token)?.isOver === false;
  }

  /** How many seconds a renewal asks for that does not say. */
  renewalOf(token: string): number | undefined {
    return this.byToken.get(token)?.renewal;
  }

  /**
   * Enters what the server confirmed.
   *
   * @param seconds From 1.
   */
  confirm(wanted: Wanted, token: string, seconds: number, sentAt: number): void {
    const taken = this.byToken.get(token);
    if (taken === undefined) return;
    const { lease: renewal = seconds } = wanted;
    taken.renewal = renewal;
    const { holding } = taken;
    // What was taken for run out hangs on its connection again.
    if (holding.isOver)
      this.take(wanted, { token, lease: seconds, sure: seconds, renewal }, holding.connection, sentAt);
    else this.book.confirm(holding, Math.min(renewal, seconds), sentAt);
  }

  /** Forgets what was given back. */
  drop(token: string): DflockdHolding | undefined {
    const holding = this.find(token);
    if (holding === undefined) return undefined;
    this.byToken.delete(token);
    this.book.settle(holding);
    return holding;
  }

  /** Ends what the server says is not held any more. */
  refuse(token: string): void {
    const holding = this.drop(token);
    if (holding !== undefined) this.revocations.next({ grants: [holding.grant], reason: 'refused' });
  }

  /** Ends all of them: their connection is gone. */
  closed(connection: Connection, error: LockError): void {
    this.byToken = new ChurnMap();
    this.book.closed(connection, error);
  }

  /** Forgets those that ran out; each time that there are twice as many, so that each costs the same however many there are. */
  private prune(): void {
    if (this.byToken.size < this.many) return;
    const over = [...this.byToken.keys()].filter((token) => this.find(token)?.isOver === true);
    for (const token of over) this.byToken.delete(token);
    this.many = Math.max(MANY, 2 * this.byToken.size);
  }
}
