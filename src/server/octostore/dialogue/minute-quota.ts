const MINUTE = 60_000;
const MANY = 10_000;
/** All of whom there are too many to be told apart. */
const OTHERS = '';

/** So many a minute, for each source of requests. */
export class MinuteQuota {
  private readonly minutes = new Map<string, { readonly from: number; count: number }>();

  constructor(
    private readonly max: number,
    private readonly now: () => number,
  ) {}

  /** @returns After how many milliseconds there is one left; 0: there was, and it is taken. */
  take(source: string): number {
    const now = this.now();
    const key = this.minutes.has(source) || this.hasRoom(now) ? source : OTHERS;
    let minute = this.minutes.get(key);
    if (minute === undefined || now - minute.from >= MINUTE) {
      minute = { from: now, count: 0 };
      this.minutes.set(key, minute);
    }
    if (minute.count >= this.max) return Math.ceil(minute.from + MINUTE - now);
    minute.count++;
    return 0;
  }

  private hasRoom(now: number): boolean {
    if (this.minutes.size < MANY) return true;
    for (const [source, { from }] of this.minutes) if (now - from >= MINUTE) this.minutes.delete(source);
    return this.minutes.size < MANY;
  }
}
