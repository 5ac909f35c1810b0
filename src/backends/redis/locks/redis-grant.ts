import type { AcquireRequest, Grant } from '../../../contract/backend.js';
import type { Kind } from '../../../values/kind-of.js';

/** What is wanted of a name: `x` for oneself, `s` shared, or `permits/limit`. */
export type Need = string;

/** What a request wants. */
export function needOf({ limit, permits = 1, mode }: AcquireRequest): Need {
  if (limit !== undefined) return `${String(permits)}/${String(limit)}`;
  return mode === 'shared' ? 's' : 'x';
}

/** Locks and semaphores have separate names. */
export function kindOf(need: Need): Kind {
  return need === 'x' || need === 's' ? 'lock' : 'semaphore';
}

/** What only this client knows of a grant. */
export interface Title {
  readonly owner: string;
  readonly need: Need;
}

/** A lock that this client got. Its owner cannot be printed. */
export class RedisGrant implements Grant {
  readonly #title: Title;
  /** Somebody waited for it when it was granted: who gives it back must look for those. */
  readonly isWanted: boolean;
  /** It was sent back, and nothing was heard of that. */
  isReturned = false;
  /** It is not ours any more. */
  isOver = false;
  /** Another client may have it, or get it, as this owner. */
  isHandedOn = false;

  constructor(
    readonly name: string,
    readonly holder: string,
    readonly metadata: string | undefined,
    readonly fencingToken: bigint | undefined,
    title: Title,
    isWanted: boolean,
  ) {
    this.#title = title;
    this.isWanted = isWanted;
  }

  get kind(): Kind {
    return kindOf(this.#title.need);
  }

  /** Nobody has it as this owner, or wants to. */
  get isGivenUp(): boolean {
    return (this.isOver || this.isReturned) && !this.isHandedOn;
  }

  /** @internal */
  static titleOf(grant: RedisGrant): Title {
    return grant.#title;
  }
}

/** What may be known of a holder by all. */
export function textOf(holder: string, metadata: string | undefined): string {
  const line = holder.replaceAll('\n', ' ');
  return metadata === undefined ? line : `${line}\n${metadata}`;
}
