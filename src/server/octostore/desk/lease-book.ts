import { ChurnMap } from '../../../values/churn-map.js';
import type { ServerCore } from '../../server-core.js';
import type { Accounts } from './accounts.js';
import { Cooling } from './cooling.js';
import type { Delay } from './delay.js';
import { holderId } from './holder-id.js';
import type { OctostorePlace } from './octostore-place.js';

/** Who holds which lock over HTTP, and who had it last if nobody may have it yet. */
export class LeaseBook {
  /** Those that are held, by name. */
  private readonly places = new ChurnMap<string, OctostorePlace>();
  private readonly cooling: Cooling;

  constructor(
    private readonly core: Pick<ServerCore, 'now' | 'timeouts'>,
    private readonly accounts: Accounts,
  ) {
    this.cooling = new Cooling(core.timeouts);
  }

  /** Why nobody may have it for a while; `undefined` if that is not so. */
  delayOf(name: string): Delay | undefined {
    const place = this.cooling.get(name);
    return place && { due: place.due, seconds: place.terms.delay, holderId: holderId(place) };
  }

  /** He who holds it over HTTP; `undefined` if nobody does. */
  heldPlace(name: string): OctostorePlace | undefined {
    const place = this.places.get(name);
    return place !== undefined && this.isHeld(place) ? place : undefined;
  }

  isHeld(place: OctostorePlace): boolean {
    return place.isHeldAt(this.core.now());
  }

  /** He has it from now on. */
  seat(place: OctostorePlace): void {
    const { account, session } = place.terms;
    this.places.set(place.name, place);
    place.owner.add(place);
    account.leases.add(place);
    session?.bound.add(place);
  }

  /** He has it no more. */
  forget(place: OctostorePlace): void {
    const { account, session } = place.terms;
    if (this.places.get(place.name) === place) this.places.delete(place.name);
    place.owner.remove(place);
    account.leases.delete(place);
    session?.bound.delete(place);
    if (place.state === 'kept') this.cooling.add(place);
    this.accounts.forgetIdle(account);
  }

  /** Nobody may have it for a while. */
  cool(place: OctostorePlace): void {
    this.cooling.add(place);
  }

  close(): void {
    this.cooling.close();
  }
}
