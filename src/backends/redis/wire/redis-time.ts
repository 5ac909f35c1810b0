import type { Clock } from '../../../contract/time.js';
import type { RedisNode, RedisPort } from './port.js';

/** What was learnt so long ago is not known any more: no two clocks go at the same speed. Milliseconds. */
const AGE = 60_000;

/**
 * The server's time, as far as its answers tell: at least so late is it there. A limit that is computed from this is never later than
 * what was meant, and as much earlier as the last answer took.
 *
 * Each server of a Cluster has a clock of its own: what it said itself counts for it, and until then what any other said.
 */
export class RedisTime {
  /** Server time less ours. */
  private ahead = 0;
  private readonly aheadOf = new Map<RedisNode, number>();
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
    const node = this.nodeOf(key);
    return String(Math.floor(until + ((node && this.aheadOf.get(node)) ?? this.ahead)));
  }

  /** @param now The server's time, which was just received. */
  learn(now: number, key?: string): void {
    this.learntAt = this.clock.elapsed();
    this.ahead = now - this.learntAt;
    const node = this.nodeOf(key);
    if (node !== undefined) this.aheadOf.set(node, this.ahead);
  }

  /** Another server may answer in place of this one from now on, or of each of them. */
  forget(node?: RedisNode): void {
    if (node === undefined) this.aheadOf.clear();
    else this.aheadOf.delete(node);
    if (this.aheadOf.size === 0) this.learntAt = -Infinity;
  }

  private nodeOf(key: string | undefined): RedisNode | undefined {
    return key === undefined || !this.port.isCluster ? undefined : this.port.nodeOf(key);
  }
}
