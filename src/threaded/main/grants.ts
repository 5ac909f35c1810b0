import type { Subject } from 'rxjs';
import type { Grant, Revocation } from '../../contract/backend.js';
import { unpackError } from '../shared/carried-error.js';
import type { GrantCopy, Report } from '../shared/messages.js';

/** What was granted to the main thread: by which id the worker knows it, and where it stands in the table. */
export class Grants {
  /** Those that may still be lost. */
  private readonly held = new Map<number, Grant>();
  private readonly copies = new WeakMap<Grant, GrantCopy>();
  /** The highest id that was heard of: they come in their order. */
  private newest = 0;

  constructor(private readonly revoked$: Subject<Revocation>) {}

  get size(): number {
    return this.held.size;
  }

  enter(copy: GrantCopy): Grant {
    const { grant } = copy;
    this.held.set(copy.id, grant);
    this.newest = Math.max(this.newest, copy.id);
    this.copies.set(grant, copy);
    return grant;
  }

  /** Where it stands in the table, unless it is over. */
  find(grant: Grant): GrantCopy | undefined {
    const copy = this.copies.get(grant);
    return copy !== undefined && this.held.has(copy.id) ? copy : undefined;
  }

  /** By which ids the worker knows these; 0 for what it never granted. */
  ids(grants: readonly Grant[]): readonly number[] {
    return grants.map((grant) => this.copies.get(grant)?.id ?? 0);
  }

  /** Its release was answered. */
  forget(grant: Grant | undefined): void {
    const copy = grant === undefined ? undefined : this.copies.get(grant);
    if (copy !== undefined) this.held.delete(copy.id);
  }

  /** Nobody looks after them any more. */
  loseAll(cause: unknown): void {
    const grants = [...this.held.values()];
    this.held.clear();
    if (grants.length > 0) this.revoked$.next({ grants, reason: 'connection', cause });
  }

  /**
   * The worker says that these are gone.
   *
   * @returns Were they all known here, or known to be gone?
   */
  lose({ ids, reason, cause }: Extract<Report, { readonly say: 'lost' }>): boolean {
    const grants = ids.flatMap((id) => this.held.get(id) ?? []);
    for (const id of ids) this.held.delete(id);
    if (grants.length > 0) this.revoked$.next({ grants, reason, cause: unpackError(cause) });
    return ids.every((id) => id <= this.newest);
  }
}
