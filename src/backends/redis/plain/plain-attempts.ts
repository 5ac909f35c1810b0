import { Observable } from 'rxjs';
import type { AcquireRequest, AcquireSignal } from '../../../contract/backend.js';
import type { LockClosedError } from '../../../contract/errors.js';
import type { Desk } from '../locks/desk.js';
import type { Doubts } from '../locks/doubts.js';
import { PlainAcquiring } from './plain-acquiring.js';

/** Asks for plain locks. */
export class PlainAttempts {
  private readonly open = new Set<PlainAcquiring>();
  private closedError: LockClosedError | undefined;

  constructor(
    private readonly desk: Desk,
    private readonly doubts: Doubts,
  ) {}

  acquire(request: AcquireRequest): Observable<AcquireSignal> {
    return new Observable((sink) => {
      if (this.closedError !== undefined) {
        sink.error(this.closedError);
        return;
      }
      const acquiring = new PlainAcquiring(request, sink, this.desk, this.doubts, () => this.open.delete(acquiring));
      this.open.add(acquiring);
      acquiring.start();
    });
  }

  /** Turns everybody away. */
  close(error: LockClosedError): void {
    this.closedError = error;
    for (const acquiring of [...this.open]) acquiring.turnAway(error);
  }
}
