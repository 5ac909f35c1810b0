import type { Grant, Revocation } from '../../../contract/backend.js';
import { ChurnMap } from '../../../values/churn-map.js';
import type { ChangedKeys, Reply } from '../wire/port.js';
import type { Desk, HeldGrants } from './desk.js';
import { GrantAsk } from './grant-ask.js';
import { RedisGrant } from './redis-grant.js';

/** So many keys that nobody had when they changed are remembered. */
const MOST = 1000;

/** Finds out at once what is not ours any more, as the server tells whose keys somebody else has changed. */
export class Tracking implements HeldGrants {
  private readonly held = new ChurnMap<string, Set<RedisGrant>>();
  /** When a key last changed that nobody here had: a grant of it may be on its way. On `clock.elapsed`. */
  private changedAt = new ChurnMap<string, number>();
  private allChangedAt = -Infinity;

  constructor(
    private readonly desk: Desk,
    private readonly revoked: (revocation: Revocation) => void,
  ) {}

  add(grant: RedisGrant, sentAt: number): void {
    const key = this.keyOf(grant);
    const grants = this.held.get(key) ?? new Set();
    this.held.set(key, grants.add(grant));
    const changedAt = Math.max(this.allChangedAt, this.changedAt.get(key) ?? -Infinity);
    this.changedAt.delete(key);
    if (changedAt >= sentAt) this.check(grant);
  }

  delete(grant: Grant): void {
    if (!(grant instanceof RedisGrant)) return;
    const key = this.keyOf(grant);
    const grants = this.held.get(key);
    if (grants?.delete(grant) === true && grants.size === 0) this.held.delete(key);
  }

  changed(keys: ChangedKeys): void {
    const now = this.desk.clock.elapsed();
    if (keys === 'all') this.allChangedAt = now;
    for (const key of keys === 'all' ? [...this.held.keys()] : keys) {
      const grants = this.held.get(key);
      if (grants === undefined) this.remember(key, now);
      else for (const grant of grants) this.check(grant);
    }
  }

  private remember(key: string, now: number): void {
    if (this.changedAt.size >= MOST) {
      this.changedAt = new ChurnMap();
      this.allChangedAt = now;
    }
    this.changedAt.set(key, now);
  }

  private check(grant: RedisGrant): void {
    const { outbox, verbs } = this.desk;
    outbox.add(verbs.check, new CheckAsk(grant, this));
  }

  /** @internal */
  keysOf(grant: RedisGrant): readonly string[] {
    return this.desk.keys.all(grant.name, grant.kind);
  }

  /** @internal */
  answered(grant: RedisGrant, reply: Reply): void {
    // It may have been given back meanwhile.
    if (reply !== 0 || this.held.get(this.keyOf(grant))?.has(grant) !== true) return;
    this.delete(grant);
    grant.isOver = true;
    this.revoked({ grants: [grant], reason: 'revoked' });
  }

  private keyOf(grant: RedisGrant): string {
    return this.desk.keys.main(grant.name, grant.kind);
  }
}

class CheckAsk extends GrantAsk {
  readonly what = 'look at';

  constructor(
    grant: RedisGrant,
    private readonly tracking: Tracking,
  ) {
    super(grant, tracking.keysOf(grant), argsOf(grant));
  }

  answered(reply: Reply): void {
    this.tracking.answered(this.grant, reply);
  }

  /** The next renewal tells, or the next connection. */
  failed(): void {}
}

function argsOf(grant: RedisGrant): readonly string[] {
  const { owner, need } = RedisGrant.titleOf(grant);
  return [owner, need];
}
