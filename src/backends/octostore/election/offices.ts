import type { Bound, Grant } from '../../../contract/backend.js';
import { endOf } from '../sessions/session.js';

/** What the service gave with a leadership. */
interface Office {
  readonly token: string;
  readonly term: bigint;
  bound: Bound;
}

/** The leaderships that this client has won. Their tokens are here only, where nothing that prints finds them. */
export class Offices {
  readonly #offices = new WeakMap<Grant, Office>();
  private readonly open = new Set<Grant>();

  enter(grant: Grant, office: Office): void {
    // Whoever lets one run out tells nobody.
    for (const old of this.open) {
      const held = this.#offices.get(old);
      if (held === undefined || endOf(held.bound) < office.bound.sentAt) this.open.delete(old);
    }
    this.#offices.set(grant, office);
    this.open.add(grant);
  }

  /** `undefined` for what is not ours any more, or never was. */
  find(grant: Grant): Office | undefined {
    return this.#offices.get(grant);
  }

  /** The service has said that it is over. */
  leave(grant: Grant): void {
    this.#offices.delete(grant);
    this.open.delete(grant);
  }

  /** All that the service may still take for ours. */
  get held(): readonly Grant[] {
    return [...this.open];
  }
}
