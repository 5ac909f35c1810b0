import { EMPTY, Observable } from 'rxjs';
import { LockNetworkError, type LockError } from '../../../contract/errors.js';
import type { Grant, Released } from '../../../contract/backend.js';
import { errorOf, isRefusal } from '../wire/answer.js';
import { Batch } from '../../../values/batch.js';
import type { DflockdBook } from './book.js';
import { titleOf } from '../wire/commands.js';
import type { DflockdHolding } from './holding.js';
import { Question } from '../wire/question.js';

/** Gives locks back, each by its token and never by its name, on the connection that owns it. */
export class DflockdReturns {
  constructor(private readonly book: DflockdBook) {}

  release(grants: readonly Grant[]): Observable<Released> {
    if (grants.length === 0) return EMPTY;
    return new Observable((sink) => {
      const batch = new Batch(sink, grants.length);
      grants.forEach((grant, index) => {
        const holding = this.book.find(grant);
        if (holding === undefined) batch.tell({ index, outcome: 'gone' });
        else this.send(holding, index, batch);
      });
    });
  }

  private send(holding: DflockdHolding, index: number, batch: Batch<Released>): void {
    this.book.leaves(holding);
    holding.connection.send(new Return(this.book, holding, index, batch), holding.releaseLine());
  }
}

/** One lock on its way back. */
class Return extends Question {
  private isTold = false;

  constructor(
    private readonly book: DflockdBook,
    private readonly holding: DflockdHolding,
    private readonly index: number,
    private readonly batch: Batch<Released>,
  ) {
    super();
  }

  answered(line: string): boolean {
    if (line !== 'ok' && !isRefusal(line)) return false;
    const { holding } = this;
    this.book.left(holding);
    if (line === 'ok' || line === 'error' || line === 'error_lease_expired') {
      this.book.settle(holding);
      this.tell(line === 'ok' ? 'released' : 'gone');
    } else {
      const { connection, kind, grant } = holding;
      const what = `release ${titleOf(kind, grant.name)}`;
      this.tell('unknown', errorOf(line, { what, where: connection.where, name: grant.name }));
    }
    return true;
  }

  failed(error: LockError): void {
    this.book.left(this.holding);
    this.tell('unknown', error);
  }

  override late(error: LockError): void {
    this.tell('unknown', new LockNetworkError(error.message, { name: this.holding.grant.name }));
  }

  private tell(outcome: Released['outcome'], cause?: unknown): void {
    if (this.isTold) return;
    this.isTold = true;
    this.batch.tell(cause === undefined ? { index: this.index, outcome } : { index: this.index, outcome, cause });
  }
}
