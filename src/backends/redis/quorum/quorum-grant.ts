import type { Grant } from '../../../contract/backend.js';
import type { RedisGrant } from '../locks/redis-grant.js';

/** A lock that a majority has granted: what each of the servers has given for it. */
export class QuorumGrant implements Grant {
  /** By server. What one of them gives late is added. */
  readonly #parts: (RedisGrant | undefined)[];
  /** The servers that it went back to. */
  readonly returned = new Set<number>();
  /** It goes back, or has gone. */
  isOver = false;

  constructor(
    readonly name: string,
    readonly holder: string,
    parts: (RedisGrant | undefined)[],
    /** The longest that was asked for, in milliseconds. */
    public ttl: number,
  ) {
    this.#parts = parts;
  }

  /** @returns A grant that is nobody's for a server that has given nothing. */
  partOf(server: number): RedisGrant | Grant {
    return this.#parts[server] ?? this;
  }
}
