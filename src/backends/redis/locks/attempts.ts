import { Observable } from 'rxjs';
import type { AcquireRequest, AcquireSignal } from '../../../contract/backend.js';
import type { LockClosedError } from '../../../contract/errors.js';
import { RedisAcquiring, type RedisAcquiringContext } from './acquiring.js';

/** Asks for locks. */
export class RedisAttempts {
  /** Those that are not over, and those whose last question is not answered. */
  private readonly open = new Set<RedisAcquiring>();
  private closedError: LockClosedError | undefined;

  constructor(private readonly context: RedisAcquiringContext) {}

  acquire(request: AcquireRequest): Observable<AcquireSignal> {
    return new Observable((sink) => {
      if (this.closedError !== undefined) {
        sink.error(this.closedError);
        return;
      }
      const acquiring = new RedisAcquiring(request, sink, this.context, () => this.open.delete(acquiring));
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
