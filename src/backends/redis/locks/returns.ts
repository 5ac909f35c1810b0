import { EMPTY, Observable } from 'rxjs';
import type { Grant, Released } from '../../../contract/backend.js';
import type { LockError } from '../../../contract/errors.js';
import { Batch } from '../../../values/batch.js';
import type { Reply } from '../wire/port.js';
import type { Desk } from './desk.js';
import { GrantAsk } from './grant-ask.js';
import { kindOf, RedisGrant } from './redis-grant.js';

/** Nothing was done, as somebody may be waiting. */
const WAITED_FOR = 2;

/** Gives locks back, each by its owner and never by its name. */
export class Returns {
  constructor(private readonly desk: Desk) {}

  release(grants: readonly Grant[], keepFor: readonly number[]): Observable<Released> {
    if (grants.length === 0) return EMPTY;
    return new Observable((sink) => {
      const answers = new Batch(sink, grants.length);
      grants.forEach((grant, index) => {
        this.desk.tracking?.delete(grant);
        if (!(grant instanceof RedisGrant) || grant.isOver) answers.tell({ index, outcome: 'gone' });
        else this.ask(grant, Math.ceil(keepFor[index] ?? 0), new ReturnTeller(grant, index, answers));
      });
    });
  }

  private ask(grant: RedisGrant, keep: number, teller: ReturnTeller): void {
    const { keys, outbox, verbs } = this.desk;
    const { owner, need } = RedisGrant.titleOf(grant);
    const byLongWay = (): void => {
      const all = keys.all(grant.name, kindOf(need));
      outbox.add(verbs.release, new ReturnAsk(grant, all, [owner, need, String(keep)], teller));
    };
    if (need !== 'x' || keep > 0 || grant.isWanted) byLongWay();
    else outbox.add(verbs.letGo, new ReturnAsk(grant, keys.two(grant.name), [owner], teller, byLongWay));
  }
}

/** Tells the end of one lock's return. */
class ReturnTeller {
  constructor(
    private readonly grant: RedisGrant,
    private readonly index: number,
    private readonly answers: Batch<Released>,
  ) {}

  tell(reply: Reply): void {
    const { grant, index } = this;
    if (reply !== 0 && reply !== 1) {
      this.answers.tell({ index, outcome: 'unknown' });
      return;
    }
    grant.isOver = true;
    // What is not there any more after a return that was not answered, went back with that.
    this.answers.tell({ index, outcome: reply === 1 || grant.isReturned ? 'released' : 'gone' });
  }

  fail(cause: LockError, isSent: boolean): void {
    if (isSent) this.grant.isReturned = true;
    this.answers.tell({ index: this.index, outcome: 'unknown', cause });
  }
}

class ReturnAsk extends GrantAsk {
  readonly what = 'release the lock';

  constructor(
    grant: RedisGrant,
    keys: readonly string[],
    args: readonly string[],
    private readonly teller: ReturnTeller,
    private readonly waitedFor?: () => void,
  ) {
    super(grant, keys, args);
  }

  answered(reply: Reply): void {
    if (reply === WAITED_FOR && this.waitedFor !== undefined) this.waitedFor();
    else this.teller.tell(reply);
  }

  failed(error: LockError, isSent: boolean): void {
    this.teller.fail(error, isSent);
  }
}
