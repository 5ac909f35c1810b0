import { from, take, type Subscriber } from 'rxjs';
import { endStream } from '../values/end-stream.js';
import type { HoldOptions } from '../core/hold-options.js';
import { FOLLOWING, isSame } from './leader-states.js';
import { abortReason } from '../values/abort-reason.js';
import { onAbort } from '../values/on-abort.js';
import { reportErrors } from '../values/report-errors.js';
import type { Leadership } from '../contract/status.js';

/** What a participant takes part in. */
interface Stage {
  /** What is true at this moment. */
  readonly now: Leadership;
}

/** What may end the part of one participant. */
export type Stops = Pick<HoldOptions, 'until' | 'signal'>;

/**
 * One subscriber of `leader$`, who is told what is new to him, in order: what comes about while he is being told waits
 * until that is done, and what is over by then is left out.
 */
export class Participant {
  private stage: Stage | undefined;
  private told: Leadership | undefined;
  /** `failure` absent: complete. */
  private ending: { readonly failure: { readonly error: unknown } | undefined } | undefined;
  private isHearing = false;

  constructor(readonly sink: Subscriber<Leadership>) {}

  /** Ends his part when one of these says so, whenever that is: now, while he leads, or between two terms. */
  heed({ until, signal }: Stops): void {
    const { sink } = this;
    const fail = (error: unknown): void => {
      this.end({ error });
    };
    if (signal !== undefined) {
      const abort = (): void => {
        fail(abortReason(signal));
      };
      if (signal.aborted) abort();
      else sink.add(onAbort(signal, abort));
    }
    if (until === undefined || sink.closed) return;
    const stop = (): void => {
      this.end();
    };
    sink.add(from(until).pipe(take(1)).subscribe({ next: stop, error: fail }));
  }

  /** Begins his part. */
  enter(stage: Stage): void {
    this.stage = stage;
    this.hear();
  }

  /** Tells what has changed. */
  hear(): void {
    if (this.isHearing) return;
    this.isHearing = true;
    for (let news = this.news(); news !== undefined; news = this.news()) this.tell(news);
    this.isHearing = false;
    if (this.ending !== undefined) endStream(this.sink, this.ending.failure);
  }

  /** Ends his part, whatever becomes of the others. */
  end(failure?: { readonly error: unknown }): void {
    this.ending ??= { failure };
    this.hear();
  }

  private tell(news: Leadership): void {
    this.told = news;
    reportErrors(() => {
      this.sink.next(news);
    });
  }

  private news(): Leadership | undefined {
    const { told, ending, sink, stage } = this;
    if (sink.closed || stage === undefined) return undefined;
    // Whoever was told that he leads is told that he does not any more, unless an error says so.
    if (ending !== undefined) return ending.failure === undefined && told?.leading === true ? FOLLOWING : undefined;
    const { now } = stage;
    if (told === undefined) return now;
    if (isSame(told, now)) return undefined;
    // Between two terms nobody leads.
    return told.leading && now.leading ? FOLLOWING : now;
  }
}
