import { Ringer } from '../../ringer.js';
import type { Timeouts } from '../../../values/timeouts.js';
import type { OctostorePlace } from './octostore-place.js';

/** Names that nobody may have for a while, because whoever had it last wanted it so. */
export class Cooling {
  private readonly places = new Map<string, { readonly place: OctostorePlace; readonly ringer: Ringer }>();

  constructor(private readonly timeouts: Timeouts) {}

  /** @param place One that is kept until its time. */
  add(place: OctostorePlace): void {
    this.remove(place.name);
    const ringer = new Ringer(() => {
      this.remove(place.name);
    });
    this.places.set(place.name, { place, ringer });
    this.timeouts.set(ringer, place.due);
  }

  /** Who had it last; `undefined` if anybody may have it, or somebody has. */
  get(name: string): OctostorePlace | undefined {
    const place = this.places.get(name)?.place;
    return place?.state === 'kept' && place.due > this.timeouts.now() ? place : undefined;
  }

  /** Ends the time of all. */
  close(): void {
    for (const name of [...this.places.keys()]) this.remove(name);
  }

  private remove(name: string): void {
    const known = this.places.get(name);
    if (known === undefined) return;
    this.timeouts.clear(known.ringer);
    this.places.delete(name);
  }
}
