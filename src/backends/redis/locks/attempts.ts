import { Observable, type Subscriber } from 'rxjs';
import type { AcquireRequest, AcquireSignal } from '../../../contract/backend.js';
import type { LockClosedError, LockError } from '../../../contract/errors.js';
import { Bag, type BagItem } from '../../../values/bag.js';

/** One attempt to get a lock. */
export interface RedisAttempt extends BagItem {
  start(): void;
  /** Turns it away: what it may have, or may still get, is given back. */
  turnAway(error: LockError): void;
}

/** Makes an attempt. @param settled Is called once it is over, and nothing that it asked for is on its way. */
export type MakeAttempt = (
  request: AcquireRequest,
  sink: Subscriber<AcquireSignal>,
  settled: () => void,
) => RedisAttempt;

/** Asks for locks, in whatever way. */
export class RedisAttempts {
  /** Those that are not over, and those whose last question is not answered. */
  private readonly open = new Bag<RedisAttempt>();
  private closedError: LockClosedError | undefined;

  constructor(private readonly make: MakeAttempt) {}

  acquire(request: AcquireRequest): Observable<AcquireSignal> {
    return this.begin((sink, settled) => this.make(request, sink, settled));
  }

  /** Asks in another way. @param make Makes the attempt, as {@link MakeAttempt}. */
  begin(make: (sink: Subscriber<AcquireSignal>, settled: () => void) => RedisAttempt): Observable<AcquireSignal> {
    return new Observable((sink) => {
      if (this.closedError !== undefined) {
        sink.error(this.closedError);
        return;
      }
      const attempt = make(sink, () => this.open.delete(attempt));
      this.open.add(attempt);
      attempt.start();
    });
  }

  /** Turns everybody away. */
  close(error: LockClosedError): void {
    this.closedError = error;
    for (const attempt of this.open.toArray()) attempt.turnAway(error);
  }
}
