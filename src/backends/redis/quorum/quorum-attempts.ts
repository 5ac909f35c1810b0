import { Observable } from 'rxjs';
import type { AcquireRequest, AcquireSignal } from '../../../contract/backend.js';
import type { LockClosedError } from '../../../contract/errors.js';
import type { Clock } from '../../../contract/time.js';
import type { PlainEngine } from '../plain/plain-engine.js';
import { QuorumAcquiring } from './quorum-acquiring.js';

/** Asks all servers for locks. */
export class QuorumAttempts {
  private readonly open = new Set<QuorumAcquiring>();
  private closedError: LockClosedError | undefined;

  constructor(
    private readonly servers: readonly PlainEngine[],
    private readonly clock: Clock,
  ) {}

  acquire(request: AcquireRequest): Observable<AcquireSignal> {
    return new Observable((sink) => {
      if (this.closedError !== undefined) {
        sink.error(this.closedError);
        return;
      }
      const acquiring = new QuorumAcquiring(request, sink, this.servers, this.clock);
      this.open.add(acquiring);
      sink.add(() => this.open.delete(acquiring));
      acquiring.start();
    });
  }

  /** Turns everybody away. */
  close(error: LockClosedError): void {
    this.closedError = error;
    for (const acquiring of [...this.open]) acquiring.fail(error);
  }
}
