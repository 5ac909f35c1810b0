import type { Bound, Grant } from '../../../contract/backend.js';
import { releaseLine, renewLine, type Kind } from '../wire/commands.js';
import type { Connection } from '../wire/connection.js';
import type { Owned } from '../wire/owned.js';

/** A lock that the service granted to us. */
export class DflockdHolding implements Owned {
  /** It is not ours any more, or on its way back for good. */
  isOver = false;
  isLeaving = false;
  spot = -1;
  /** When it is over on the server at the latest, on `clock.elapsed`. */
  endsAt = 0;
  /** When the request was sent that the core knows its connection's answer to. */
  toldSentAt = -Infinity;
  #token: string;

  /** @param asked Seconds that it was last confirmed for, as they were asked for. */
  constructor(
    readonly grant: Grant,
    readonly kind: Kind,
    readonly key: string,
    token: string,
    /** Owns it: when it closes, the lock is free. */
    readonly connection: Connection,
    /** The lock's own. */
    public bound: Bound,
    /** It may have run out before its grant was told. */
    public isDoubtful: boolean,
    public asked: number,
  ) {
    this.#token = token;
  }

  renewLine(seconds: number): string {
    return renewLine(this.kind, this.key, this.#token, seconds);
  }

  releaseLine(): string {
    return releaseLine(this.kind, this.key, this.#token);
  }
}
