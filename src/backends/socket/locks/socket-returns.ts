import { EMPTY, Observable } from 'rxjs';
import type { Grant, Released } from '../../../contract/backend.js';
import { Batch } from '../../../values/batch.js';
import type { Desk } from './desk.js';
import { ReleaseAsk } from './release-ask.js';

/** Gives locks back, each by what it was granted to. */
export class SocketReturns {
  constructor(private readonly desk: Desk) {}

  release(grants: readonly Grant[], keepFor: readonly number[]): Observable<Released> {
    if (grants.length === 0) return EMPTY;
    return new Observable((sink) => {
      const { book, line, pulse } = this.desk;
      const batch = new Batch<Released>(sink, grants.length);
      grants.forEach((grant, index) => {
        if (!book.has(grant)) {
          batch.tell({ index, outcome: 'gone' });
          return;
        }
        line.ask(
          new ReleaseAsk(this.desk, grant, keepFor[index] ?? 0, (outcome, cause) => {
            batch.tell(cause === undefined ? { index, outcome } : { index, outcome, cause });
            pulse.arm();
          }),
        );
      });
    });
  }
}
