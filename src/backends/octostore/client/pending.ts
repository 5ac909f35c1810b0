import type { Subscriber } from 'rxjs';
import type { AcquireSignal } from '../../../contract/backend.js';
import { closedError } from './closed-error.js';

/** Those who wait for a lock. Closing errors them all, and whoever comes after. */
export class Pending {
  private readonly sinks = new Set<Subscriber<AcquireSignal>>();
  private isClosed = false;

  get closed(): boolean {
    return this.isClosed;
  }

  enter(sink: Subscriber<AcquireSignal>): void {
    if (this.isClosed) {
      sink.error(closedError());
      return;
    }
    this.sinks.add(sink);
    sink.add(() => this.sinks.delete(sink));
  }

  close(): void {
    this.isClosed = true;
    for (const sink of [...this.sinks]) sink.error(closedError());
  }
}
