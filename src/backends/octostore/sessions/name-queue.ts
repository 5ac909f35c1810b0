import { Observable, type Subscription } from 'rxjs';
import type { Runtime } from '../../../contract/time.js';

/**
 * One local contender or holder of a name.
 *
 * @typeParam Held What is granted to it.
 */
export class Place<Held = unknown> {
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
  owner: Place<Held>;
  readonly waiting: Map<Place<Held>, () => void>;
  timer: Subscription | undefined;
}

/**
 * Lets one local contender at a time at each name, first come, first served.
 *
 * The service answers the same session with the same lease, so two attempts at once would both be told that they have
 * it; and a late release of the first would free the lock of the second.
 */
export class NameQueue<Held = unknown> {
  private readonly lines = new Map<string, Line<Held>>();

  /**
   * @param runtime The clock and the scheduler.
   * @param overdue Called when a place was taken from an owner that never said that it had ended.
   */
  constructor(
    private readonly runtime: Runtime,
    private readonly overdue: (place: Place<Held>) => void,
  ) {}

  /** Who has the name now. */
  owner(name: string): Place<Held> | undefined {
    const line = this.lines.get(name);
    if (line === undefined) return undefined;
    this.expire(line);
    return this.lines.get(name)?.owner;
  }

  /** Emits when the name is this place's, until it leaves. Unsubscribing before that leaves the line. */
  enter(place: Place<Held>): Observable<void> {
    return new Observable((sink) => {
      const go = (): void => {
        sink.next();
        sink.complete();
      };
      if (this.owner(place.name) === undefined) {
        this.lines.set(place.name, { owner: place, waiting: new Map(), timer: undefined });
        go();
        return;
      }
      const line = this.lines.get(place.name) as Line<Held>;
      line.waiting.set(place, go);
      this.arm(line);
      sink.add(() => {
        line.waiting.delete(place);
        this.arm(line);
      });
    });
  }

  /** The owner holds the lock, and has an end. */
  hold(place: Place<Held>): void {
    place.state = 'held';
    const line = this.lines.get(place.name);
    if (line !== undefined) this.arm(line);
  }

  /** The service has nothing of this place's any more: the next may go. */
  leave(place: Place<Held>): void {
    const line = this.lines.get(place.name);
    if (line?.owner !== place) return;
    const next = line.waiting.entries().next().value;
    if (next === undefined) {
      line.timer?.unsubscribe();
      this.lines.delete(place.name);
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
