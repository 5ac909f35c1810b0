import { Observable, type Subscriber } from 'rxjs';
import { LockValidationError, type LockClosedError, type LockError } from '../../../contract/errors.js';
import type { AcquireRequest, AcquireSignal } from '../../../contract/backend.js';
import { Acquiring } from './acquiring.js';
import type { DflockdBook } from './book.js';
import { Queue } from './queue.js';
import { checkKey } from '../wire/text.js';
import type { ServerConnections } from '../client/server-connections.js';
import { wholeSeconds } from '../../../values/whole-seconds.js';
import { isCount } from '../../../values/is-count.js';

export interface DflockdAttemptsOptions {
  readonly book: DflockdBook;
  /** The server that a key belongs to. */
  readonly serverOf: (key: string) => ServerConnections;
  readonly semaphorePrefix: string;
}

/** Asks for locks. */
export class DflockdAttempts {
  private readonly queue = new Queue();
  private closedError: LockClosedError | undefined;

  constructor(private readonly options: DflockdAttemptsOptions) {}

  acquire(request: AcquireRequest): Observable<AcquireSignal> {
    return new Observable((sink) => {
      const refusal = this.refuse(request);
      if (refusal === undefined) this.start(request, sink);
      else sink.error(refusal);
    });
  }

  /** Nothing more is asked. Those who wait are told by their connections. */
  close(error: LockClosedError): void {
    this.closedError = error;
  }

  private start(request: AcquireRequest, sink: Subscriber<AcquireSignal>): void {
    const { name, limit, holder, ttl } = request;
    const key = this.keyOf(request);
    const wanted = { name, holder, key, kind: limit === undefined ? '' : 's', seconds: wholeSeconds(ttl) } as const;
    const { book, serverOf } = this.options;
    new Acquiring(request, sink, wanted, { book, queue: this.queue, server: serverOf(key) }).start();
  }

  private keyOf({ name, limit }: AcquireRequest): string {
    return limit === undefined ? name : this.options.semaphorePrefix + name;
  }

  private refuse(request: AcquireRequest): LockError | undefined {
    const { name, limit, ttl } = request;
    if (this.closedError !== undefined) return this.closedError;
    if (ttl % 1000 !== 0 || ttl < 1000) {
      return new LockValidationError(`ttl ${String(ttl)} ms is not in whole seconds`, { name, option: 'ttl' });
    }
    if (limit !== undefined && !isCount(limit)) {
      return new LockValidationError('limit is not a positive integer', { name, option: 'limit' });
    }
    try {
      // Whoever asks without the core has checked nothing.
      checkKey(this.keyOf(request), 'name');
      return undefined;
    } catch (error) {
      return error as LockError;
    }
  }
}
