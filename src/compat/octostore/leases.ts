import type { Session } from '../../backends/octostore/session.js';

/** A lease that this client gave to its user, who has not given it back. */
export interface KnownLease {
  readonly name: string;
  readonly id: string;
  readonly fencingToken: number;
  /** What it hangs on, if it does. */
  readonly session: Session | undefined;
  /** On `clock.elapsed`: the server has forgotten it by then. */
  endsAt: number;
}

/** What this client's user holds, as far as the client knows. */
export class Leases {
  readonly #known = new Map<string, KnownLease>();

  /** @param now The holder's clock. */
  constructor(private readonly now: () => number) {}

  add(lease: KnownLease): void {
    this.current();
    const before = this.#known.get(lease.id);
    // The server never shortens a lease that it gives out once more.
    if (before !== undefined) lease.endsAt = Math.max(lease.endsAt, before.endsAt);
    this.#known.set(lease.id, lease);
  }

  find(id: string): KnownLease | undefined {
    const lease = this.#known.get(id);
    return lease === undefined || lease.endsAt <= this.now() ? undefined : lease;
  }

  /** @param endsAt On `clock.elapsed`. */
  extend(id: string, endsAt: number): void {
    const lease = this.#known.get(id);
    if (lease !== undefined) lease.endsAt = endsAt;
  }

  drop(id: string): void {
    this.#known.delete(id);
  }

  /** Forgets those that are over. */
  current(): readonly KnownLease[] {
    const now = this.now();
    for (const lease of this.#known.values()) if (lease.endsAt <= now) this.#known.delete(lease.id);
    return [...this.#known.values()];
  }
}
