import { from, Observable, Subscription, take, type Subscriber } from 'rxjs';
import { HeldLeases } from './held-leases.js';
import { LockTimeoutError, LockValidationError } from '../contract/errors.js';
import type { HoldOptions } from '../core/hold-options.js';
import type { CompositeEvent, Lease, LockEvent } from '../contract/lease.js';
import type { Runtime } from '../contract/time.js';

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
    const gathering = new Gathering(sorted, options, runtime, lock$, sink);
    if (options.until !== undefined) {
      const stop = (): void => {
        gathering.release();
      };
      const fail = (error: unknown): void => {
        sink.error(error);
      };
      sink.add(from(options.until).pipe(take(1)).subscribe({ next: stop, error: fail }));
    }
    gathering.start();
  });
}

function sortedNames(names: readonly string[]): readonly string[] {
  if (names.length === 0) throw new LockValidationError('names is empty', { option: 'names' });
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new LockValidationError(`names: '${twice}' comes twice`, { option: 'names', name: twice });
  }
  const encoder = new TextEncoder();
  return names
    .map((name) => ({ name, bytes: encoder.encode(name) }))
    .sort((a, b) => compareBytes(a.bytes, b.bytes))
    .map(({ name }) => name);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** One subscription: takes the locks in their order, starts over if one is lost on the way, then speaks for all. */
class Gathering {
  private taken: Member[] = [];
  private whole: HeldLeases | undefined;
  private members = new Subscription();
  private since = 0;
  private isTaking = false;
  /** Its end was told. Another of its members may end while that is heard, which is nothing new. */
  private isOver = false;

  constructor(
    private readonly names: readonly string[],
    private readonly options: HoldOptions,
    private readonly runtime: Runtime,
    private readonly lock$: MakeLock,
    private readonly sink: Subscriber<CompositeEvent>,
  ) {}

  /** `wait` counts from here. */
  start(): void {
    this.since = this.runtime.clock.elapsed();
    this.gather();
  }

  /** Gives them all back, as their holder wished, or ends the wait for them. */
  release(): void {
    const { whole } = this;
    // Asking is what notices a loss, which is told instead.
    if (whole?.isHeld === true) this.released(whole);
    else this.sink.complete();
  }

  private gather(): void {
    this.taken = [];
    this.whole = undefined;
    this.isOver = false;
    this.members = new Subscription();
    this.sink.add(this.members);
    this.takeNext();
  }

  /** One after the other, in a loop: those that are granted at once would nest as deep as there are names. */
  private takeNext(): void {
    if (this.isTaking) return;
    this.isTaking = true;
    const { names, sink } = this;
    let asked: { readonly round: Member[]; readonly index: number } | undefined;
    while (!sink.closed && this.taken.length < names.length) {
      const [round, index] = [this.taken, this.taken.length];
      // It was not granted at once.
      if (asked?.round === round && asked.index === index) break;
      asked = { round, index };
      this.take(names[index] as string);
    }
    this.isTaking = false;
    if (!sink.closed && this.taken.length === names.length) this.complete();
  }

  private take(name: string): void {
    const wait = this.waitLeft();
    if (wait === undefined) {
      this.sink.error(new LockTimeoutError(`the locks were not granted in time; '${name}' was next`, { name }));
      return;
    }
    const alone = { until: undefined, onLost: 'complete', maxHold: Infinity, minHold: 0 } as const;
    const options = { ...this.options, ...alone, wait };
    this.members.add(
      this.lock$(name, options).subscribe({
        next: (event) => {
          this.follow(event, options);
        },
        error: (error: unknown) => {
          this.sink.error(error);
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
    const { whole, sink } = this;
    if (this.isOver) return;
    if (event.type === 'waiting') sink.next(event);
    else if (event.type === 'acquired') this.keep(event.lease, options);
    else if (whole === undefined) this.missed(event);
    else if (event.type === 'lost') this.lost(whole, event);
    else if (event.type === 'released') this.released(whole);
    else sink.next({ ...event, name: whole.name, lease: whole });
  }

  private keep(lease: Lease, options: Member['options']): void {
    this.taken.push({ lease, options, grantedAt: Math.floor(this.runtime.clock.elapsed()) });
    this.takeNext();
  }

  /** Something befell one of them before all were taken. */
  private missed({ type }: LockEvent): void {
    if (type === 'lost' || type === 'released') this.startOver();
  }

  private complete(): void {
    const { runtime, options } = this;
    const whole = (this.whole = new HeldLeases(this.taken.map(({ lease }) => lease)));
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
    this.sink.next({ type: 'acquired', name: whole.name, at: runtime.clock.date(), lease: whole });
  }

  private released(whole: HeldLeases): void {
    this.isOver = true;
    this.sink.next({ type: 'released', name: whole.name, at: this.runtime.clock.date(), lease: whole });
    this.sink.complete();
  }

  private lost(whole: HeldLeases, event: Extract<LockEvent, { readonly type: 'lost' }>): void {
    const { sink, options } = this;
    this.isOver = true;
    sink.next({ ...event, name: whole.name, lease: whole });
    if (options.onLost === 'complete') sink.complete();
    else if (options.onLost === 'error') sink.error(whole.lostError());
    else if (!sink.closed) {
      this.members.unsubscribe();
      this.start();
    }
  }

  /** The service takes time to lose a lock, so this cannot recurse within a turn. */
  private startOver(): void {
    this.members.unsubscribe();
    this.gather();
  }
}
