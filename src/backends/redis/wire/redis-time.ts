import type { Clock } from '../../../contract/time.js';
import type { RedisPort } from './port.js';
import { slotOf } from './slot-of.js';

/** What was learnt so long ago is not known any more: no two clocks go at the same speed. Milliseconds. */
const AGE = 60_000;

/**
 * The server's time, as far as its answers tell: at least so late is it there. A limit that is computed from this is never later than
 * what was meant, and as much earlier as the last answer took.
 *
 * Each server of a Cluster has a clock of its own. What a slot's server said counts for its slot, and until then what any other said.
 */
export class RedisTime {
  /** Server time less ours. */
  private ahead = 0;
  private readonly aheadOf = new Map<number, number>();
  private learntAt = -Infinity;

  constructor(
    private readonly port: RedisPort,
    private readonly clock: Clock,
  ) {}

  get isKnown(): boolean {
    return this.clock.elapsed() - this.learntAt < AGE;
  }

  /** A limit on our clock as one of the server's, in milliseconds, as a script takes it. */
  at(until: number | undefined, key: string | undefined): string {
    if (until === undefined) return '0';
    return String(Math.floor(until + (this.aheadOf.get(this.slot(key)) ?? this.ahead)));
  }

  /** @param now The server's time, which was just received. */
  learn(now: number, key?: string): void {
    this.learntAt = this.clock.elapsed();
    this.ahead = now - this.learntAt;
    if (this.port.isCluster && key !== undefined) this.aheadOf.set(this.slot(key), this.ahead);
  }

  /** Another server may answer from now on. */
  forget(): void {
    this.learntAt = -Infinity;
    this.aheadOf.clear();
  }

  private slot(key: string | undefined): number {
    return key === undefined ? 0 : slotOf(this.port, key);
  }
}
