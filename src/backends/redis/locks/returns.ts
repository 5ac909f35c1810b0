import { EMPTY, Observable } from 'rxjs';
import type { Grant, Released } from '../../../contract/backend.js';
import type { LockError } from '../../../contract/errors.js';
import { Batch } from '../../../values/batch.js';
import type { Kind } from '../../../values/kind-of.js';
import type { Reply } from '../wire/port.js';
import type { Desk } from './desk.js';
import type { Ask } from './outbox.js';
import { RedisGrant, type Title } from './redis-grant.js';

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
        else new RedisReturn(this.desk, grant, Math.ceil(keepFor[index] ?? 0), index, answers).start();
      });
    });
  }
}

/** The return of one lock. It goes the short way if nobody can have waited, and the long one if somebody has all the same. */
class RedisReturn implements Ask {
  readonly what = 'release';
  private isShort: boolean;

  constructor(
    private readonly desk: Desk,
    private readonly grant: RedisGrant,
    private readonly keep: number,
    private readonly index: number,
    private readonly answers: Batch<Released>,
  ) {
    this.isShort = this.title.need === 'x' && keep === 0 && !grant.isWanted;
  }

  get name(): string {
    return this.grant.name;
  }

  get kind(): Kind {
    return this.grant.kind;
  }

  get keys(): readonly string[] {
    const { keys } = this.desk;
    return this.isShort ? keys.two(this.name) : keys.all(this.name, this.kind);
  }

  get args(): readonly string[] {
    const { owner, need } = this.title;
    return this.isShort ? [owner] : [owner, need, String(this.keep)];
  }

  start(): void {
    const { outbox, verbs } = this.desk;
    outbox.add(this.isShort ? verbs.letGo : verbs.release, this);
  }

  answered(reply: Reply): void {
    const { grant, index, answers } = this;
    if (reply === WAITED_FOR && this.isShort) {
      this.isShort = false;
      this.start();
    } else if (reply === 0 || reply === 1) {
      grant.isOver = true;
      // What is not there any more after a return that was not answered, went back with that.
      answers.tell({ index, outcome: reply === 1 || grant.isReturned ? 'released' : 'gone' });
    } else answers.tell({ index, outcome: 'unknown' });
  }

  failed(cause: LockError, isSent: boolean): void {
    if (isSent) this.grant.isReturned = true;
    this.answers.tell({ index: this.index, outcome: 'unknown', cause });
  }

  private get title(): Title {
    return RedisGrant.titleOf(this.grant);
  }
}
