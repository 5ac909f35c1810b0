import { Observable, type Subscription } from 'rxjs';
import type { Runtime } from '../../../contract/time.js';
import { ChurnMap } from '../../../values/churn-map.js';

/**
 * One local contender or holder of a name.
 *
 * @typeParam Held What is granted to it.
 */
export class Claim<Held = unknown> {
  /** `asking` the service, `held`, or `leaving`: what it does is over, but the service has not confirmed that. */
  state: 'asking' | 'held' | 'leaving' = 'asking';
  /** On `clock.elapsed`: the service has forgotten the lock by then, whatever became of it. */
  endsAt = Infinity;
  /** What was granted. */
  held: Held | undefined;

  constructor(
    readonly name: string,
    readonly holder: string,
  ) {}
}

interface Line<Held> {
  owner: Claim<Held>;
  readonly waiting: Map<Claim<Held>, () => void>;
  timer: Subscription | undefined;
}

/**
 * Lets one local contender at a time at each name, first come, first served.
 *
 * The service answers the same session with the same lease, so two attempts at once would both be told that they have
 * it; and a late release of the first would free the lock of the second.
 */
export class NameQueue<Held = unknown> {
  private readonly lines = new ChurnMap<string, Line<Held>>();

  /**
   * @param runtime The clock and the scheduler.
   * @param overdue Called when the name was taken from an owner that never said that it had ended.
   */
  constructor(
    private readonly runtime: Runtime,
    private readonly overdue: (claim: Claim<Held>) => void,
  ) {}

  /** Who has the name now. */
  owner(name: string): Claim<Held> | undefined {
    const line = this.lines.get(name);
    if (line === undefined) return undefined;
    this.expire(line);
    return this.lines.get(name)?.owner;
  }

  /** Takes the name for this claim, until that leaves, if nobody has it. */
  take(claim: Claim<Held>): boolean {
    if (this.owner(claim.name) !== undefined) return false;
    this.lines.set(claim.name, { owner: claim, waiting: new Map(), timer: undefined });
    return true;
  }

  /** Emits when the name is this claim's, until that leaves. Unsubscribing before that leaves the line. */
  enter(claim: Claim<Held>): Observable<void> {
    return new Observable((sink) => {
      const go = (): void => {
        sink.next();
        sink.complete();
      };
      if (this.take(claim)) {
        go();
        return;
      }
      const line = this.lines.get(claim.name) as Line<Held>;
      line.waiting.set(claim, go);
      this.arm(line);
      sink.add(() => {
        line.waiting.delete(claim);
        this.arm(line);
      });
    });
  }

  /** The owner holds the lock, and has an end. */
  hold(claim: Claim<Held>): void {
    claim.state = 'held';
    const line = this.lines.get(claim.name);
    if (line !== undefined) this.arm(line);
  }

  /** The service has nothing of this claim's any more: the next may go. */
  leave(claim: Claim<Held>): void {
    const line = this.lines.get(claim.name);
    if (line?.owner !== claim) return;
    const next = line.waiting.entries().next().value;
    if (next === undefined) {
      line.timer?.unsubscribe();
      this.lines.delete(claim.name);
      return;
    }
    const [owner, go] = next;
    line.owner = owner;
    line.waiting.delete(owner);
    this.arm(line);
    go();
  }

  /** Somebody waits, so an owner that was forgotten must not keep the name for ever. */
  private arm(line: Line<Held>): void {
    line.timer?.unsubscribe();
    line.timer = undefined;
    if (line.waiting.size === 0 || line.owner.endsAt === Infinity) return;
    const wait = Math.max(1, Math.ceil(line.owner.endsAt - this.runtime.clock.elapsed()));
    line.timer = this.runtime.scheduler.schedule(() => {
      line.timer = undefined;
      if (!this.expire(line)) this.arm(line);
    }, wait);
  }

  private expire({ owner }: Line<Held>): boolean {
    if (this.runtime.clock.elapsed() < owner.endsAt) return false;
    this.overdue(owner);
    this.leave(owner);
    return true;
  }
}
