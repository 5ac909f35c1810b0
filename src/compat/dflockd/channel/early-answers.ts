import { timer, type Subscription } from 'rxjs';
import { systemScheduler } from '../../../values/system-scheduler.js';

/** So many are kept. */
const MAX = 64;
/** So long the server is silent before something that it said too early is taken for its answer. Milliseconds. */
const SILENCE = 250;

/**
 * Lines that come in one piece with an answer, but answer nothing that was asked yet: if the server is silent then, they are
 * for what is asked next. What comes later by itself is none of ours: the user may talk on his socket as well.
 */
export class EarlyAnswers {
  private lines: string[] = [];
  private isAnswering = false;
  private isReplaying = false;

  /** An answer is being read. If it is one that the server gave when it was asked, those before it were for nothing. */
  answering(): void {
    if (this.isAnswering) return;
    if (!this.isReplaying) this.lines = [];
    this.isAnswering = true;
    // All that came in the same piece is read before.
    void Promise.resolve().then(() => {
      this.isAnswering = false;
    });
  }

  keep(line: string): void {
    if (this.isAnswering && this.lines.length < MAX) this.lines.push(line);
  }

  /**
   * Hands over the oldest, if the server is silent for a while.
   *
   * @param hear Called with it, unless this is unsubscribed from before.
   */
  replay(hear: (line: string) => void): Subscription | undefined {
    if (this.lines.length === 0) return undefined;
    return timer(SILENCE, systemScheduler).subscribe(() => {
      const line = this.lines.shift();
      if (line === undefined) return;
      this.isReplaying = true;
      hear(line);
      this.isReplaying = false;
    });
  }
}
