import { from, Observable, Subscription, take, type Subscriber } from 'rxjs';
import { HeldLeases } from './composite-lease.js';
import { LockTimeoutError, LockValidationError } from './errors.js';
import type { HoldOptions } from './options.js';
import type { CompositeEvent, Lease, LockEvent, Runtime } from './types.js';

/** Makes the stream of one member. */
type MakeLock = (name: string, options: HoldOptions) => Observable<LockEvent>;

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
  if (names.length === 0) throw new LockValidationError('there are no names', { option: 'names' });
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new LockValidationError(`the name '${twice}' comes twice`, { option: 'names', name: twice });
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
  private leases: Lease[] = [];
  private whole: HeldLeases | undefined;
  private members = new Subscription();
  private since = 0;
  private isTaking = false;

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
    this.leases = [];
    this.whole = undefined;
    this.members = new Subscription();
    this.sink.add(this.members);
    this.takeNext();
  }

  /** One after the other, in a loop: those that are granted at once would nest as deep as there are names. */
  private takeNext(): void {
    if (this.isTaking) return;
    this.isTaking = true;
    const { names, sink } = this;
    let asked: { readonly round: Lease[]; readonly index: number } | undefined;
    while (!sink.closed && this.leases.length < names.length) {
      const [round, index] = [this.leases, this.leases.length];
      // It was not granted at once.
      if (asked?.round === round && asked.index === index) break;
      asked = { round, index };
      this.take(names[index] as string);
    }
    this.isTaking = false;
    if (!sink.closed && this.leases.length === names.length) this.complete();
  }

  private take(name: string): void {
    const wait = this.waitLeft();
    if (wait === undefined) {
      this.sink.error(new LockTimeoutError(`the locks were not granted in time; '${name}' was next`, { name }));
      return;
    }
    const alone = { until: undefined, onLost: 'complete', maxHold: Infinity } as const;
    this.members.add(
      this.lock$(name, { ...this.options, ...alone, wait }).subscribe({
        next: (event) => {
          this.follow(event);
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
    return left > 0 || this.leases.length === 0 ? Math.max(0, left) : undefined;
  }

  private follow(event: LockEvent): void {
    const { whole, sink } = this;
    if (event.type === 'waiting') sink.next(event);
    else if (event.type === 'acquired') this.taken(event.lease);
    else if (whole === undefined) this.missed(event);
    else if (event.type === 'lost') this.lost(whole, event);
    else if (event.type === 'released') this.released(whole);
    else sink.next({ ...event, name: whole.name, lease: whole });
  }

  private taken(lease: Lease): void {
    this.leases.push(lease);
    this.takeNext();
  }

  /** Something befell one of them before all were taken. */
  private missed({ type }: LockEvent): void {
    if (type === 'lost' || type === 'released') this.startOver();
  }

  private complete(): void {
    const { runtime, options } = this;
    const whole = (this.whole = new HeldLeases(this.leases));
    // Counted from here, not from the grant of each.
    if (options.maxHold < Infinity) {
      const end = (): void => {
        this.release();
      };
      this.members.add(runtime.scheduler.schedule(end, options.maxHold));
    }
    this.sink.next({ type: 'acquired', name: whole.name, at: runtime.clock.date(), lease: whole });
  }

  private released(whole: HeldLeases): void {
    this.sink.next({ type: 'released', name: whole.name, at: this.runtime.clock.date(), lease: whole });
    this.sink.complete();
  }

  private lost(whole: HeldLeases, event: Extract<LockEvent, { readonly type: 'lost' }>): void {
    const { sink, options } = this;
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
