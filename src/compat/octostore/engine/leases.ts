import type { OctoStoreSession } from '../../../backends/octostore/sessions/session.js';

/** A lease that this client's user has, and has not given back. */
export interface KnownLease {
  readonly name: string;
  readonly id: string;
  /** Of one that was only renewed through this client it is not known. */
  readonly fencingToken: number | undefined;
  /** What it hangs on, if it does. */
  readonly session: OctoStoreSession | undefined;
  /** On `clock.elapsed`: the latest at which the server may still have it. */
  endsAt: number;
}

/** A renewal that is under way. */
export interface Renewing {
  /** The server has renewed it. Gives the lease, unless that was given back or lost meanwhile. */
  readonly confirmed: (endsAt: number) => KnownLease | undefined;
  /** Nobody knows what became of the request. */
  readonly unsure: (endsAt: number) => void;
  /** In any case, at last. */
  readonly over: () => void;
}

/** How long one that should be over is remembered: the server's clock may be behind ours. Milliseconds. */
const MARGIN = 60_000;

class Entry implements KnownLease {
  renewals = 0;
  dropped = false;

  constructor(
    readonly name: string,
    readonly id: string,
    readonly session: OctoStoreSession | undefined,
    public fencingToken: number | undefined,
    public endsAt: number,
  ) {}
}

/** What this client's user holds, as far as the client knows. */
export class Leases {
  readonly #known = new Map<string, Entry>();

  /** @param now The holder's clock. */
  constructor(private readonly now: () => number) {}

  add({ name, id, session, fencingToken, endsAt }: KnownLease): void {
    const before = this.#known.get(id);
    if (before === undefined) {
      this.#known.set(id, new Entry(name, id, session, fencingToken, endsAt));
      return;
    }
    before.fencingToken = fencingToken;
    // The server never shortens a lease that it gives out once more.
    before.endsAt = Math.max(before.endsAt, endsAt);
  }

  find(id: string): KnownLease | undefined {
    return this.#known.get(id);
  }

  /** A renewal is on its way: until it is over, the lease is not forgotten for its age. */
  renewing(name: string, id: string): Renewing {
    const entry = this.#known.get(id) ?? new Entry(name, id, undefined, undefined, 0);
    entry.renewals++;
    const extend = (endsAt: number): void => {
      entry.endsAt = Math.max(entry.endsAt, endsAt);
    };
    return {
      confirmed: (endsAt) => {
        if (entry.dropped) return undefined;
        extend(endsAt);
        const known = this.#known.get(id);
        if (known === undefined) this.#known.set(id, entry);
        else if (known !== entry) known.endsAt = Math.max(known.endsAt, endsAt);
        return known ?? entry;
      },
      unsure: extend,
      over: () => {
        entry.renewals--;
      },
    };
  }

  /** It was given back, or is lost. */
  drop(id: string): KnownLease | undefined {
    const entry = this.#known.get(id);
    if (entry !== undefined) entry.dropped = true;
    this.#known.delete(id);
    return entry;
  }

  /** Those that may not be over yet, by the client's clock. */
  current(): readonly KnownLease[] {
    const now = this.now();
    return this.known().filter(({ endsAt, renewals }) => endsAt > now || renewals > 0);
  }

  /** All that are remembered. Forgets those that are long over. */
  known(): readonly Entry[] {
    const long = this.now() - MARGIN;
    for (const { id, endsAt, renewals } of this.#known.values()) {
      if (endsAt <= long && renewals === 0) this.#known.delete(id);
    }
    return [...this.#known.values()];
  }
}
