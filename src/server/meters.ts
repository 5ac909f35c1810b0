/** A protocol that clients speak. */
export type FrontName = 'ws' | 'http' | 'dflockd';

/** Bounds of the buckets of times to a grant, in seconds: from a hand-off within a process to a job of an hour. */
export const ACQUIRE_BUCKETS: readonly number[] = [
  0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600,
];
/** Those of times to a commit. */
export const COMMIT_BUCKETS: readonly number[] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5];

/** How many values there were, and how many of them in which bucket. */
export class Buckets {
  count = 0;
  sum = 0;
  /** For each bound, and one more for what is above all of them. */
  readonly counts: number[];

  /** @param bounds Rising; a value belongs to the first that it is not above. */
  constructor(readonly bounds: readonly number[]) {
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  add(value: number): void {
    let index = 0;
    while (index < this.bounds.length && value > (this.bounds[index] as number)) index++;
    (this.counts[index] as number)++;
    this.count++;
    this.sum += value;
  }
}

/** How often what happened, by reason. Reasons are few, and none is a name of a lock or of a client. */
export class Reasons {
  readonly counts = new Map<string, number>();

  add(reason: string, count = 1): void {
    this.counts.set(reason, (this.counts.get(reason) ?? 0) + count);
  }
}

/** What one front counts. */
export class FrontMeters {
  /** Open now. */
  connections = 0;
  /** Ever. */
  opened = 0;
  /** Sessions that are there now, with a connection or without; 0 where a protocol has none. */
  sessions = 0;
  /** What clients asked for. */
  operations = 0;
  /** Seconds from the ask to the grant. */
  readonly acquired = new Buckets(ACQUIRE_BUCKETS);
  /** Asks that were refused, by reason: `held`, `timeout`, `capacity`, `validation`, `authentication`, … */
  readonly refused = new Reasons();
  /** Locks that are held no more: `released`, `expired`, `revoked`, `session`. */
  readonly ended = new Reasons();
  /** Clients that were cut off: `stalled`, `too-much`, `handshake`, `frame`, `rate`, … */
  readonly cut = new Reasons();

  connected(): void {
    this.connections++;
    this.opened++;
  }

  disconnected(): void {
    this.connections--;
  }

  /** @param seconds Since it was asked for; 0 by default. */
  granted(seconds = 0): void {
    this.acquired.add(seconds);
  }
}

/** What is counted in a server. Plain numbers: what reads them makes a text of them. */
export class Meters {
  /** Seconds that a commit took, with its sync. */
  readonly commits = new Buckets(COMMIT_BUCKETS);
  /** Commits that failed. */
  failedCommits = 0;
  /** Records that the commits wrote. */
  committed = 0;
  private readonly fronts = new Map<FrontName, FrontMeters>();

  /** To be asked for once, and kept. */
  front(name: FrontName): FrontMeters {
    const known = this.fronts.get(name);
    if (known !== undefined) return known;
    const made = new FrontMeters();
    this.fronts.set(name, made);
    return made;
  }

  /** Those that were ever asked for. */
  get all(): ReadonlyMap<FrontName, FrontMeters> {
    return this.fronts;
  }
}
