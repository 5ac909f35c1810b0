import type { Timer } from '../values/alarm.js';

/** What was set. */
interface Armed {
  cancel: () => void;
}

/** A timer that can be ended: what was set is taken back then, and nothing can be set any more. */
export class EndingTimer implements Timer {
  private readonly armed = new Set<Armed>();
  private isOver = false;

  constructor(private readonly timer: Timer) {}

  schedule(delay: number, run: () => void): () => void {
    if (this.isOver) return nothing;
    const one: Armed = { cancel: nothing };
    this.armed.add(one);
    one.cancel = this.timer.schedule(delay, () => {
      this.armed.delete(one);
      run();
    });
    return () => {
      if (this.armed.delete(one)) one.cancel();
    };
  }

  end(): void {
    this.isOver = true;
    for (const { cancel } of this.armed) cancel();
    this.armed.clear();
  }
}

function nothing(): void {
  // There is nothing to take back.
}
