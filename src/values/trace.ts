import { defer, finalize, tap, type Observable } from 'rxjs';

/** One of the channels of a `TracingChannel`. */
interface Channel {
  readonly hasSubscribers: boolean;
  publish(message: object): void;
}

/** What is used of a `TracingChannel` of `node:diagnostics_channel`. */
export interface TraceChannel {
  readonly start: Channel;
  readonly end: Channel;
  readonly asyncStart: Channel;
  readonly asyncEnd: Channel;
  readonly error: Channel;
}

/** Does anybody listen? What would be said is not built before. */
export function isTraced(channel: TraceChannel | undefined): channel is TraceChannel {
  return channel?.start.hasSubscribers === true;
}

/** What goes through a channel: one object from the start to the end of what is traced. */
export type TraceContext<T extends object> = T & { result?: unknown; error?: unknown };

/** One thing that is traced, from its start. */
export class Trace<T extends object> {
  private readonly context: TraceContext<T>;
  private isOver = false;

  constructor(
    private readonly channel: TraceChannel,
    context: T,
  ) {
    this.context = context;
    channel.start.publish(context);
    channel.end.publish(context);
  }

  /** It has ended. Once: what comes later is ignored. */
  end(result: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    const { channel, context } = this;
    context.result = result;
    channel.asyncStart.publish(context);
    channel.asyncEnd.publish(context);
  }

  /** It has failed. */
  fail(error: unknown): void {
    if (this.isOver) return;
    this.context.error = error;
    this.channel.error.publish(this.context);
    this.end(undefined);
  }
}

/**
 * Traces a request about several grants from subscription to end, if anybody listens.
 *
 * @returns The answers. Together they are the result of the trace.
 */
export function traced$<T>(
  channel: TraceChannel | undefined,
  grants: readonly { readonly name: string }[],
  answers$: Observable<T>,
): Observable<T> {
  if (!isTraced(channel)) return answers$;
  return defer(() => {
    const trace = new Trace(channel, { names: grants.map(({ name }) => name) });
    const result: T[] = [];
    return answers$.pipe(
      tap({
        next: (answer) => result.push(answer),
        error: (error: unknown) => {
          trace.fail(error);
        },
      }),
      // Whether it completes or is left.
      finalize(() => {
        trace.end(result);
      }),
    );
  });
}
