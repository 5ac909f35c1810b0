import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import { Observable, type SchedulerLike, type Subscriber } from 'rxjs';
import { LockValidationError } from '../../contract/errors.js';
import { unpackError } from '../shared/carried-error.js';
import type { Answers, GrantCopy, ThreadOrder, ThreadQuestion, Report } from '../shared/messages.js';
import { SharedOutbox } from '../shared/outbox.js';
import { endStream } from '../../values/end-stream.js';

/** A question that is open. */
interface Call {
  readonly sink: Subscriber<unknown>;
  readonly stray: ((copy: GrantCopy) => void) | undefined;
}

/** What becomes of reports that answer no question. */
export interface LineListener {
  /** Some are lost. @returns Were all of them known here? Else it is told once more, in its turn. */
  lost(report: Extract<Report, { readonly say: 'lost' }>): boolean;
  page(page: SharedArrayBuffer): void;
  /** Nobody knows who asked for it. */
  orphan(copy: GrantCopy): void;
  closed(): void;
}

/** The main thread's end of the line to its worker. It keeps the process alive while a question is open. */
export class Line {
  private readonly outbox: SharedOutbox<ThreadOrder>;
  private readonly calls = new Map<number, Call>();
  /** Attempts that were left: what may still be granted to them. */
  private readonly left = new Map<number, (copy: GrantCopy) => void>();
  /** Reports that were read, and not dealt with. */
  private waiting: Report[] = [];
  private count = 0;
  private failure: { readonly error: unknown } | undefined;

  constructor(
    private readonly port: MessagePort,
    private readonly scheduler: SchedulerLike,
    private readonly listener: LineListener,
  ) {
    this.outbox = new SharedOutbox<ThreadOrder>(port, (order) => {
      if (order.do === 'ask')
        this.finish(order.call, { error: new LockValidationError('what was asked for is no data') });
      return undefined;
    });
    port.on('message', (reports: readonly Report[]) => {
      this.take(reports);
      this.deal();
    });
    port.unref();
  }

  /** Is a question open? */
  get isWaiting(): boolean {
    return this.calls.size > 0;
  }

  /** Asks, once for each subscription. A grant that comes when nobody is subscribed any more is `stray`. */
  ask<K extends keyof Answers>(
    question: Extract<ThreadQuestion, { readonly of: K }>,
    stray?: (copy: GrantCopy) => void,
  ): Observable<Answers[K]> {
    return new Observable<Answers[K]>((sink) => {
      if (this.failure !== undefined) {
        sink.error(this.failure.error);
        return;
      }
      const call = ++this.count;
      this.calls.set(call, { sink: sink, stray });
      if (this.calls.size === 1) this.port.ref();
      sink.add(() => {
        if (this.end(call) === undefined) return;
        if (stray !== undefined) this.left.set(call, stray);
        this.outbox.post({ do: 'leave', call });
      });
      this.outbox.post({ do: 'ask', call, question });
    });
  }

  /** Asks the backend to close. */
  close(): void {
    this.outbox.post({ do: 'close' });
  }

  /** Reads, now, what was said of losses. All else waits for its turn. */
  hearLosses(): void {
    if (this.failure !== undefined) return;
    for (let got = receiveMessageOnPort(this.port); got !== undefined; got = receiveMessageOnPort(this.port)) {
      if (this.waiting.length === 0) {
        this.scheduler.schedule(() => {
          this.deal();
        });
      }
      this.take(got.message as readonly Report[]);
    }
    const all = this.waiting;
    this.waiting = [];
    // Whoever is told of one may look for another.
    const others = all.filter((report) => report.say !== 'lost' || !this.listener.lost(report));
    this.waiting = [...others, ...this.waiting];
  }

  /**
   * Nothing is answered any more.
   *
   * @param error What is open ends with it.
   * @param later What is asked after this ends with it.
   */
  fail(error: unknown, later: unknown): void {
    this.failure = { error: later };
    for (const call of [...this.calls.keys()]) this.finish(call, { error });
    this.left.clear();
    this.port.close();
  }

  private take(reports: readonly Report[]): void {
    for (const report of reports) this.waiting.push(report);
  }

  /** One by one: what a look has taken out of their row is not dealt with again. */
  private deal(): void {
    for (let report = this.waiting.shift(); report !== undefined; report = this.waiting.shift()) this.dealWith(report);
  }

  private dealWith(report: Report): void {
    switch (report.say) {
      case 'page':
        this.listener.page(report.page);
        break;
      case 'lost':
        this.listener.lost(report);
        break;
      case 'next':
        this.next(report.call, report.value);
        break;
      case 'error':
        this.finish(report.call, { error: unpackError(report.error) });
        break;
      case 'complete':
        this.finish(report.call);
        break;
      case 'stray':
        this.strayed(report.call, report);
        break;
      case 'settled':
        this.left.delete(report.call);
        break;
      case 'closed':
        this.listener.closed();
        break;
      case 'ready':
      case 'failed':
      // They were read when the worker started.
    }
  }

  private next(call: number, value: Answers[keyof Answers]): void {
    const signal = isSignal(value) ? value : undefined;
    const isLast = signal !== undefined && signal.type !== 'queued';
    const sink = this.calls.get(call)?.sink;
    if (sink === undefined) {
      if (signal?.type === 'granted') this.strayed(call, signal);
      return;
    }
    // What ends an attempt ends it before it is told: who leaves then leaves nothing.
    if (isLast) this.end(call);
    sink.next(value);
    if (isLast) endStream(sink);
  }

  private finish(call: number, failure?: { readonly error: unknown }): void {
    this.left.delete(call);
    const sink = this.end(call)?.sink;
    if (sink !== undefined) endStream(sink, failure);
  }

  private strayed(call: number, { id, place, grant }: GrantCopy): void {
    const stray = this.calls.get(call)?.stray ?? this.left.get(call);
    const copy = { id, place, grant };
    if (stray === undefined) this.listener.orphan(copy);
    else stray(copy);
  }

  private end(call: number): Call | undefined {
    const found = this.calls.get(call);
    this.calls.delete(call);
    if (found !== undefined && this.calls.size === 0) this.port.unref();
    return found;
  }
}

function isSignal(value: Answers[keyof Answers]): value is Answers['acquire'] {
  return typeof value === 'object' && value !== null && 'type' in value;
}
