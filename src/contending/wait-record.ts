import type { Subscriber, Unsubscribable } from 'rxjs';
import type { Lease } from '../contract/lease.js';
import type { LockRequest } from '../core/lock-request.js';
import { isTraced, Trace } from '../values/trace.js';
import { traceChannels } from '../values/trace-channels.js';

/**
 * What is told of one wait to those who watch from outside: `events$`, and the channel `rxlock:acquire`. Made only if
 * somebody does. It is a teardown of the subscriber, who may leave.
 */
export class WaitRecord implements Unsubscribable {
  readonly contender: number;
  private readonly trace: Trace<object> | undefined;
  private isOver = false;

  private constructor(
    private readonly request: LockRequest,
    private readonly sink: Subscriber<unknown>,
  ) {
    const { core, title: name, ttl } = request;
    const { acquire } = traceChannels();
    const contender = (this.contender = core.nextContender());
    core.emit({ type: 'requested', name, at: core.runtime.clock.date(), contender, ttl });
    this.trace = isTraced(acquire) ? new Trace(acquire, { name, ttl, contender }) : undefined;
  }

  static of(request: LockRequest, sink: Subscriber<unknown>): WaitRecord | undefined {
    if (!request.core.events.observed && !isTraced(traceChannels().acquire)) return undefined;
    const record = new WaitRecord(request, sink);
    sink.add(record);
    return record;
  }

  granted(lease: Lease): void {
    this.end();
    this.trace?.end(lease);
  }

  failed(error: unknown): void {
    this.end();
    this.trace?.fail(error);
  }

  /** Nobody waits any more. Called by RxJS, if the subscriber has left. */
  unsubscribe(): void {
    if (this.isOver) return;
    this.isOver = true;
    const { core, title: name } = this.request;
    core.emit({ type: 'withdrawn', name, at: core.runtime.clock.date(), contender: this.contender });
    this.trace?.end(undefined);
  }

  /** The subscriber may outlive many waits: after each loss there is another. */
  private end(): void {
    this.isOver = true;
    this.sink.remove(this);
  }
}
