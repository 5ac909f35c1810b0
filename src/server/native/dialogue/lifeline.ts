import type { ServerCore } from '../../server-core.js';
import { Watchdog } from '../../watchdog.js';

/** After so much silence the client's side is asked for a sign of life; after as much again it is given up. Milliseconds. */
const SILENCE = 30_000;

/** What becomes of a client that is waited for. All are called within a turn. */
export interface LifelineEvents {
  /** The client's side is to give a sign of life. */
  doubted(): void;
  /** It has given none. */
  silent(): void;
  /** It has not taken anything of what it was told. */
  stalled(): void;
  /** What was to come by now has not come. */
  overdue(): void;
}

/** For how long a client is waited for: for its first word, for a sign of life, for its taking what it is told, and for its going. */
export class Lifeline {
  private heardAt: number;
  private doubtedAt = -Infinity;
  private isTalk = false;
  private endBy = Infinity;
  private readonly watchdog: Watchdog;

  /**
   * @param stallTime For so long a client may take nothing of what it is told. Milliseconds.
   * @param stuckSince When it last took something, if it has not taken all; else Infinity.
   */
  constructor(
    private readonly core: Pick<ServerCore, 'now' | 'timeouts' | 'turn'>,
    private readonly stallTime: number,
    private readonly stuckSince: () => number,
    private readonly events: LifelineEvents,
  ) {
    this.heardAt = core.now();
    this.watchdog = new Watchdog(
      core.timeouts,
      () => this.deadline,
      () => {
        core.turn.run(() => {
          this.bite();
        });
      },
    );
  }

  /** The client's side is there. */
  hear(): void {
    this.heardAt = this.core.now();
  }

  /** Waits for so many milliseconds, whatever is heard meanwhile; Infinity: for ever. */
  within(ms: number): void {
    this.isTalk = false;
    this.endBy = this.core.now() + ms;
  }

  /** Waits as long as there are signs of life. */
  talk(): void {
    this.isTalk = true;
    this.endBy = Infinity;
  }

  /** To be called when its end may have come nearer. */
  guard(): void {
    this.watchdog.guard();
  }

  stop(): void {
    this.within(Infinity);
    this.watchdog.stop();
  }

  private get deadline(): number {
    const quiet = this.isTalk ? Math.max(this.heardAt, this.doubtedAt) + SILENCE : Infinity;
    return Math.min(quiet, this.endBy, this.stuckSince() + this.stallTime);
  }

  private bite(): void {
    const now = this.core.now();
    if (now >= this.stuckSince() + this.stallTime) this.events.stalled();
    else if (!this.isTalk) this.events.overdue();
    else if (this.doubtedAt > this.heardAt) this.events.silent();
    else {
      this.doubtedAt = now;
      this.events.doubted();
    }
  }
}
