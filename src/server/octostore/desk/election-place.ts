import type { Ask, EndReason } from '../../../table/place.js';
import type { PlaceRecord } from '../../records.js';
import { SessionPlace, type ServerSession } from '../../session.js';
import { isSecretOf } from './digest.js';
import { FRONT } from './octostore-place.js';

/** What is stored of a leadership. */
export interface MandateRecord {
  readonly kind: 'mandate';
  /** Of the leader's token. */
  readonly digest: string;
}

/** A leadership. Whoever has its token may renew and resign it. */
export class ElectionPlace extends SessionPlace {
  /**
   * @param ask Its holder is the candidate.
   * @param digest Of the leader's token.
   */
  constructor(
    ask: Ask,
    owner: ServerSession,
    private readonly digest: string,
    private readonly onTaken: (place: ElectionPlace, reason: EndReason) => void,
  ) {
    super(ask, owner);
  }

  has(token: string): boolean {
    return isSecretOf(this.digest, token);
  }

  granted(): void {
    // It never waits.
  }

  taken(reason: EndReason): void {
    this.onTaken(this, reason);
  }

  override record(): PlaceRecord {
    const data: MandateRecord = { kind: 'mandate', digest: this.digest };
    return { front: FRONT, data };
  }
}
