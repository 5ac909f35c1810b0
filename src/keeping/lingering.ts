import type { Grant } from '../contract/backend.js';
import { Kept } from './kept.js';

/** A grant that its holder has given back. It is renewed until `minHold` has passed, where the service cannot keep it taken. */
export class Lingering extends Kept {
  readonly ttl: number;
  readonly grant: Grant;
  readonly safetyFactor: number;
  readonly renewRatio: number;

  /** @param gone Called if it is lost before its time: nothing is there to give back then. */
  constructor(
    { ttl, grant, safetyFactor, renewRatio }: Kept,
    private readonly gone: () => void,
  ) {
    super();
    this.ttl = ttl;
    this.grant = grant;
    this.safetyFactor = safetyFactor;
    this.renewRatio = renewRatio;
  }

  renewed(): void {
    // Nobody is there to be told.
  }

  uncertain(): void {
    // Nobody is there to be told.
  }

  lost(): void {
    this.gone();
  }
}
