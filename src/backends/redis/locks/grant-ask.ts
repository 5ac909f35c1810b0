import type { Subscriber } from 'rxjs';
import type { LockError } from '../../../contract/errors.js';
import type { Reply } from '../wire/port.js';
import type { Ask } from './outbox.js';
import type { RedisGrant } from './redis-grant.js';

/** The answers to a batch of questions about grants, as they come. */
export class GrantAnswers<T> {
  constructor(
    private readonly sink: Subscriber<T>,
    private open: number,
  ) {}

  tell(answer: T): void {
    this.sink.next(answer);
    if (--this.open === 0) this.sink.complete();
  }
}

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

  abstract answered(reply: Reply, sentAt: number): void;
  abstract failed(error: LockError, isSent: boolean): void;
}
