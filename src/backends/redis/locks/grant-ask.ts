import type { LockError } from '../../../contract/errors.js';
import type { Kind } from '../../../values/kind-of.js';
import type { Reply } from '../wire/port.js';
import type { Ask } from './outbox.js';
import type { RedisGrant } from './redis-grant.js';

/** A question about a grant. */
export abstract class GrantAsk implements Ask {
  abstract readonly what: string;

  constructor(
    readonly grant: RedisGrant,
    readonly keys: readonly string[],
    readonly args: readonly string[],
  ) {}

  get name(): string {
    return this.grant.name;
  }

  get kind(): Kind {
    return this.grant.kind;
  }

  abstract answered(reply: Reply, sentAt: number): void;
  abstract failed(error: LockError, isSent: boolean): void;
}
