import { Observable, Subscription, type Subscriber } from 'rxjs';
import { HeldLeases } from './held-leases.js';
import { LockTimeoutError } from '../contract/errors.js';
import type { OnLost } from '../contract/options.js';
import type { HoldOptions } from '../core/hold-options.js';
import { Stop } from '../core/stop.js';
import { isEnd } from '../contract/lease-end.js';
import type { CompositeEvent, Lease, LockEvent } from '../contract/lease.js';
import type { Runtime } from '../contract/time.js';
import { endStream } from '../values/end-stream.js';
import type { Failure } from '../values/hold.js';
import { loggable } from '../values/loggable.js';
import { lossOf } from '../values/loss-of.js';
import { Telling } from '../values/telling.js';
import { sortedNames } from './sorted-names.js';

/** Makes the stream of one member, which reads `minHold` when it is given back. */
type MakeLock = (name: string, options: HoldOptions) => Observable<LockEvent>;

/** One of the locks. */
interface Member {
  readonly lease: Lease;
  readonly options: HoldOptions & { minHold: number };
  /** On `clock.elapsed`. */
  readonly grantedAt: number;
}

/**
 * Several locks as one: taken one after the other in the byte order of their names, so that nobody can block each other;
 * all or nothing; if one is lost the stream says so, the work stops, and the others are released after it.
 *
 * @throws LockValidationError for no names, and for a name that comes twice.
 */
export function composite$(
  names: readonly string[],
  options: HoldOptions,
  runtime: Runtime,
  lock$: MakeLock,
): Observable<CompositeEvent> {
  const sorted = sortedNames(names);
  return new Observable((sink) => {
    new Gathering(sorted, options, runtime, lock$, sink, Stop.of(options.until, sink)).start();
  });
}

function call(action: () => void): void {
  action();
}

/**
 * One subscription: takes the locks in their order, starts over if one is lost on the way, then speaks for all.
 *
 * Its state changes at once. What is told is told in order, also if one of them ends while something is told of all.
 */
class Gathering {
  private taken: Member[] = [];
  /** All of them, from when they are taken to when the first of them ends. */
  private whole: HeldLeases | undefined;
  /** What the others have to say when one has ended is nothing new. */
  private isOver = false;
  private members = new Subscription();
  private since = 0;
  /** Its last word is said, or is being said. */
  private isEnding = false;
  private readonly taking = new Telling(call);
  private readonly telling = new Telling(call);

  constructor(
    private readonly names: readonly string[],
    private readonly options: HoldOptions,
    private readonly runtime: Runtime,
    private readonly lock$: MakeLock,
    private readonly sink: Subscriber<CompositeEvent>,
    /** The `until` of the subscriber. */
    private readonly stop: Stop | undefined,
  ) {}

  /** `wait` counts from here. */
  start(): void {
    this.since = this.runtime.clock.elapsed();
    this.stop?.set((failure) => {
      this.release(failure);
    });
    if (this.stop?.isStopped === true) this.end(this.stop.failure);
    else this.gather();
  }

  // ------------------------------------------------------------------------------------------- taking them

  private gather(): void {
    this.taken = [];
    this.isOver = false;
    this.members = new Subscription();
    this.sink.add(this.members);
    this.takeNext();
  }

  /** One after the other, none within another: those that are granted at once would nest as deep as there are names. */
  private takeNext(): void {
    const { taken, names, sink } = this;
    this.taking.tell(() => {
      // Another round may have begun.
      if (sink.closed || this.isOver || taken !== this.taken) return;
      const name = names[taken.length];
      if (name === undefined) this.complete();
      else this.take(name);
    });
  }

  private take(name: string): void {
    const wait = this.waitLeft();
    if (wait === undefined) {
      this.end({ error: new LockTimeoutError(`the locks were not granted in time; '${name}' was next`, { name }) });
      return;
    }
    const alone = { until: undefined, onLost: 'complete', maxHold: Infinity, minHold: 0 } as const;
    const options = { ...this.options, ...alone, wait };
    const { members } = this;
    // One that was asked for before another was lost belongs to a round that is over, and goes back.
    const counts = (): boolean => !this.isOver && members === this.members;
    members.add(
      this.lock$(name, options).subscribe({
        next: (event) => {
          if (counts()) this.follow(event, options);
        },
        error: (error: unknown) => {
          if (counts()) this.end({ error });
        },
      }),
    );
  }

  /** `wait` counts from the subscription, for all of them together. Undefined when it is over. */
  private waitLeft(): boolean | number | undefined {
    const { wait } = this.options;
    if (typeof wait === 'boolean') return wait;
    const left = wait - (this.runtime.clock.elapsed() - this.since);
    return left > 0 || this.taken.length === 0 ? Math.max(0, left) : undefined;
  }

  private follow(event: LockEvent, options: Member['options']): void {
    const { whole } = this;
    if (event.type === 'waiting') this.tell(event);
    else if (event.type === 'acquired') this.keep(event.lease, options);
    else if (whole === undefined) this.missed(event);
    else if (event.type === 'lost') this.lost(whole, event);
    // One of them that was handed on leaves the others no whole.
    else if (event.type === 'released' || event.type === 'detached') this.released(whole);
    else this.tell(loggable({ ...event, name: whole.name, lease: whole }));
  }

  private keep(lease: Lease, options: Member['options']): void {
    this.taken.push({ lease, options, grantedAt: Math.floor(this.runtime.clock.elapsed()) });
    this.takeNext();
  }

  /** Something befell one of them before all were taken. The service takes time to lose a lock: no recursion in a turn. */
  private missed(event: LockEvent): void {
    if (!isEnd(event)) return;
    this.members.unsubscribe();
    this.gather();
  }

  private complete(): void {
    const { runtime, options } = this;
    const leases = this.taken.map(({ lease }) => lease);
    const whole = (this.whole = new HeldLeases(leases, options.onLost, this.stop));
    // `minHold` and `maxHold` are counted from here, not from the grant of each; what was never whole is kept for nothing.
    if (options.minHold > 0) {
      const now = Math.floor(runtime.clock.elapsed());
      for (const member of this.taken) member.options.minHold = options.minHold + now - member.grantedAt;
    }
    if (options.maxHold < Infinity) {
      const end = (): void => {
        this.release();
      };
      this.members.add(runtime.scheduler.schedule(end, options.maxHold));
    }
    this.tell({ type: 'acquired', name: whole.name, at: runtime.clock.date(), lease: whole });
  }

  // -------------------------------------------------------------------------------------------- their end

  /** Gives them all back, as their holder wished, or ends the wait for them. */
  private release(failure?: Failure): void {
    const { whole } = this;
    if (whole === undefined) this.end(failure);
    // Asking is what notices a loss, which is told instead.
    else if (whole.isHeld) this.released(whole, failure);
  }

  /** @param failure What the stream ends with in place of `released`. */
  private released(whole: HeldLeases, failure?: Failure): void {
    // Before anybody hears of it, who may fire `until`.
    this.isEnding = true;
    this.giveBack();
    const released = { type: 'released', name: whole.name, at: this.runtime.clock.date(), lease: whole } as const;
    this.tellEnd(whole, failure === undefined ? released : undefined, () => {
      endStream(this.sink, failure ?? this.stop?.failure);
    });
  }

  /** Ends it without a word: nothing was held. */
  private end(failure?: Failure): void {
    if (this.isEnding) return;
    this.isEnding = true;
    this.giveBack();
    this.telling.tell(() => {
      endStream(this.sink, failure);
    });
  }

  private giveBack(): void {
    this.isOver = true;
    this.whole = undefined;
    this.members.unsubscribe();
  }

  /** The others are held until the work was told, and has stopped. */
  private lost(whole: HeldLeases, event: Extract<LockEvent, { readonly type: 'lost' }>): void {
    this.isOver = true;
    this.whole = undefined;
    this.tellEnd(whole, loggable({ ...event, name: whole.name, lease: whole }), (onLost) => {
      this.goOn(whole, onLost);
    });
  }

  private goOn(whole: HeldLeases, onLost: OnLost): void {
    const { sink } = this;
    if (onLost === 'error') endStream(sink, { error: lossOf(whole) });
    else if (onLost === 'complete' || this.stop?.isStopped === true) endStream(sink, this.stop?.failure);
    else if (!sink.closed) this.startAnew();
  }

  /** In a turn of its own: what else is gone is known by then, and what is not is on its way back. */
  private startAnew(): void {
    const { sink, runtime, members } = this;
    members.unsubscribe();
    const turn = runtime.scheduler.schedule(() => {
      sink.remove(turn);
      this.start();
    });
    sink.add(turn);
  }

  /** @param act Called with what follows, when all have been told. */
  private tellEnd(whole: HeldLeases, event: CompositeEvent | undefined, act: (onLost: OnLost) => void): void {
    this.telling.tell(() => {
      if (event !== undefined) this.sink.next(event);
      whole.endTold(act);
    });
  }

  private tell(event: CompositeEvent): void {
    this.telling.tell(() => {
      this.sink.next(event);
    });
  }
}
