/** How soon it is tried again, and how late at most if that fails again and again. Milliseconds. */
const SOON = 50;
const LATE = 2000;

/** Tries something again, later and later. No process stays for it. */
export class Retry {
  private timer: NodeJS.Timeout | undefined;
  private delay = SOON;
  private stops = 0;

  constructor(private readonly attempt: () => Promise<void>) {}

  /** Tries soon, and again whenever that fails, until it is stopped. */
  soon(): void {
    if (this.timer !== undefined) return;
    const { stops } = this;
    // eslint-disable-next-line no-restricted-globals -- a connection lives in real time, and no process stays for this
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.attempt().catch(() => {
        if (this.stops === stops) this.soon();
      });
    }, this.delay);
    this.timer.unref();
    this.delay = Math.min(2 * this.delay, LATE);
  }

  /** It went well: the next time it is soon again. */
  rest(): void {
    this.delay = SOON;
  }

  stop(): void {
    this.stops++;
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
