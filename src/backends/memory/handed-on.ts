import type { LockTable } from '../../table/lock-table.js';
import type { GrantOwner, MemoryGrant } from './memory-grant.js';

/** Grants of a table that were let go of, by what whoever goes on with them must know. */
export class HandedOn {
  private static readonly ofTable = new WeakMap<LockTable, HandedOn>();
  private readonly grants = new Map<string, MemoryGrant>();

  /** All who use a table hand on to each other. */
  static of(table: LockTable): HandedOn {
    let known = HandedOn.ofTable.get(table);
    if (known === undefined) HandedOn.ofTable.set(table, (known = new HandedOn()));
    return known;
  }

  /** Nobody has it until somebody comes for it. @returns The secret. */
  add(grant: MemoryGrant): string {
    // Those that nobody came for.
    for (const [secret, { state }] of this.grants) if (state !== 'held') this.grants.delete(secret);
    const secret = Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join('-');
    this.grants.set(secret, grant);
    const { clock } = grant.owner;
    grant.owner = { clock, ended: () => undefined };
    return secret;
  }

  /** Once: whoever comes second finds nothing. */
  take(name: string, secret: string, owner: GrantOwner, holder: string): MemoryGrant | undefined {
    const grant = this.grants.get(secret);
    if (grant?.name !== name) return undefined;
    this.grants.delete(secret);
    grant.adoptedBy(owner, holder);
    return grant;
  }
}
