import type { Subject } from 'rxjs';
import type { LockError } from '../../../contract/errors.js';
import type { Bounds, Grant, Revocation } from '../../../contract/backend.js';
import type { Clock } from '../../../contract/time.js';
import { ChurnMap } from '../../../values/churn-map.js';
import type { Granted } from '../wire/answer.js';
import type { Kind } from '../wire/commands.js';
import type { Connection } from '../wire/connection.js';
import { DflockdHolding } from './holding.js';

/** What is known of a grant before it is one. */
export interface Wanted {
  readonly name: string;
  readonly holder: string;
  readonly kind: Kind;
  readonly key: string;
  /** Seconds. */
  readonly seconds: number;
}

export interface DflockdBookOptions {
  readonly clock: Clock;
  readonly revoked$: Subject<Revocation>;
}

/** What this client holds: the credentials of each grant, and the connection that it hangs on. */
export class DflockdBook {
  private readonly holdings = new WeakMap<Grant, DflockdHolding>();
  /** By key: where a lock goes back that is owned by a connection of its own. Whoever asks there comes after it. */
  private readonly leaving = new ChurnMap<string, Connection>();

  constructor(private readonly options: DflockdBookOptions) {}

  /** What belongs to a grant; `undefined` for a grant that is not ours any more, or never was. */
  find(grant: Grant | undefined): DflockdHolding | undefined {
    const holding = grant === undefined ? undefined : this.holdings.get(grant);
    return holding === undefined || holding.isOver ? undefined : holding;
  }

  /**
   * @param sentAt When what was answered so was sent, on `clock.elapsed`.
   * @param isDoubtful It may have run out meanwhile.
   */
  enter(wanted: Wanted, granted: Granted, connection: Connection, sentAt: number, isDoubtful: boolean): DflockdHolding {
    const { name, holder, kind, key, seconds } = wanted;
    const ttl = Math.min(seconds, granted.lease) * 1000;
    const holding = new DflockdHolding(
      { name, holder },
      kind,
      key,
      granted.token,
      connection,
      { sentAt, ttl },
      isDoubtful,
      seconds,
    );
    holding.endsAt = this.options.clock.elapsed() + ttl;
    this.holdings.set(holding.grant, holding);
    connection.own(holding);
    return holding;
  }

  /** What the core is told that it hangs on. */
  tell(holding: DflockdHolding): Bounds {
    const { bound, connection } = holding;
    const whole = connection.bound;
    holding.toldSentAt = whole.sentAt;
    return [bound, whole];
  }

  /** The service confirmed it. */
  confirm(holding: DflockdHolding, seconds: number, sentAt: number): void {
    holding.isDoubtful = false;
    if (sentAt >= holding.bound.sentAt) holding.bound = { sentAt, ttl: seconds * 1000 };
    holding.endsAt = this.options.clock.elapsed() + seconds * 1000;
  }

  /** The service said that it is not ours. */
  settle(holding: DflockdHolding): void {
    if (holding.isOver) return;
    holding.isOver = true;
    // What a weak map forgets by itself stays until a full garbage collection, and makes every one slower until then.
    this.holdings.delete(holding.grant);
    holding.connection.disown(holding);
  }

  /** It is on its way back. */
  leaves(holding: DflockdHolding): void {
    const { key, connection } = holding;
    this.leaving.set(key, connection);
    connection.yield(holding);
  }

  /** That was answered, or never will be. */
  left({ key, connection }: DflockdHolding): void {
    if (this.leaving.get(key) === connection) this.leaving.delete(key);
  }

  /** The connection on which a lock of this key goes back at this moment, if there is one. */
  findLeaving(key: string): Connection | undefined {
    const connection = this.leaving.size === 0 ? undefined : this.leaving.get(key);
    // What is asked on one that has fallen silent would not be answered either.
    return connection?.isStalled === true ? undefined : connection;
  }

  /** A connection is gone, and with it what it owned. */
  closed(connection: Connection, cause: LockError): void {
    const grants: Grant[] = [];
    for (const owned of connection.owned.toArray()) {
      const holding = owned as DflockdHolding;
      holding.isOver = true;
      this.holdings.delete(holding.grant);
      grants.push(holding.grant);
    }
    if (grants.length > 0) this.options.revoked$.next({ grants, reason: 'connection', cause });
  }
}
