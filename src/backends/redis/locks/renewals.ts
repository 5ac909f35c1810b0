import { EMPTY, Observable } from 'rxjs';
import type { Grant, Renewal } from '../../../contract/backend.js';
import type { LockError } from '../../../contract/errors.js';
import { Batch } from '../../../values/batch.js';
import type { Reply } from '../wire/port.js';
import type { Desk } from './desk.js';
import { GrantAsk } from './grant-ask.js';
import { RedisGrant } from './redis-grant.js';

/** Renews locks: those of a batch with one call for each slot. */
export class Renewals {
  constructor(private readonly desk: Desk) {}

  renew(grants: readonly Grant[], ttls: readonly number[]): Observable<Renewal> {
    if (grants.length === 0) return EMPTY;
    return new Observable((sink) => {
      const answers = new Batch(sink, grants.length);
      grants.forEach((grant, index) => {
        if (!(grant instanceof RedisGrant) || grant.isOver) answers.tell({ index, outcome: 'refused' });
        else this.ask(grant, index, ttls[index] as number, answers);
      });
    });
  }

  private ask(grant: RedisGrant, index: number, ttl: number, answers: Batch<Renewal>): void {
    const { keys, outbox, verbs, lockDelay } = this.desk;
    const { owner, need } = RedisGrant.titleOf(grant);
    const isAlone = need === 'x';
    outbox.add(
      isAlone ? verbs.renew : verbs.renewShared,
      new RenewalAsk(
        grant,
        isAlone ? [keys.main(grant.name)] : keys.all(grant.name, grant.kind),
        [owner, String(ttl + lockDelay)],
        index,
        ttl,
        answers,
      ),
    );
  }
}

class RenewalAsk extends GrantAsk {
  readonly what = 'renew';

  constructor(
    grant: RedisGrant,
    keys: readonly string[],
    args: readonly string[],
    private readonly index: number,
    private readonly ttl: number,
    private readonly answers: Batch<Renewal>,
  ) {
    super(grant, keys, args);
  }

  answered(reply: Reply, sentAt: number): void {
    const { index, ttl } = this;
    if (reply === 1) this.answers.tell({ index, outcome: 'renewed', bounds: [{ sentAt, ttl }] });
    else if (reply === 0) {
      this.grant.isOver = true;
      this.answers.tell({ index, outcome: 'refused' });
    } else this.answers.tell({ index, outcome: 'unknown' });
  }

  failed(cause: LockError): void {
    this.answers.tell({ index: this.index, outcome: 'unknown', cause });
  }
}
