import { Ringer } from './ringer.js';
import type { Timeouts } from '../values/timeouts.js';

/** Something that is done, sooner or later, and says then what it costs. */
export type Job = (paid: (cost: number) => void) => void;

/** What is done one after the other: at once, until more was paid for than is on credit; then as fast as it is paid off. */
export class Turnstile {
  private readonly line = new Set<Job>();
  /** When all is paid off. */
  private clearAt = -Infinity;
  private isBusy = false;
  private isRunning = false;
  private readonly ringer = new Ringer(() => {
    this.run();
  });

  /** @param credit Milliseconds. Costs are as well. */
  constructor(
    private readonly timeouts: Timeouts,
    private readonly credit: number,
  ) {}

  /** Is it as if it had never been used? */
  get isIdle(): boolean {
    return !this.isBusy && this.line.size === 0 && this.clearAt <= this.timeouts.now();
  }

  enter(job: Job): void {
    this.line.add(job);
    this.run();
  }

  leave(job: Job): void {
    this.line.delete(job);
    if (this.line.size === 0) this.timeouts.clear(this.ringer);
  }

  private run(): void {
    // In a loop, as many of them may be done at once.
    if (this.isRunning) return;
    this.isRunning = true;
    let isThrough = false;
    try {
      this.runAll();
      isThrough = true;
    } finally {
      this.isRunning = false;
      // One has thrown, which is no reason why the others should wait for ever.
      if (!isThrough && this.line.size > 0) this.timeouts.set(this.ringer, this.timeouts.now());
    }
  }

  private runAll(): void {
    for (const job of this.line) {
      if (this.isBusy) return;
      const openAt = this.clearAt - this.credit;
      if (openAt > this.timeouts.now()) {
        this.timeouts.set(this.ringer, openAt);
        return;
      }
      this.line.delete(job);
      this.begin(job);
    }
  }

  private begin(job: Job): void {
    this.isBusy = true;
    job((cost) => {
      this.isBusy = false;
      this.clearAt = Math.max(this.clearAt, this.timeouts.now()) + cost;
      this.run();
    });
  }
}
