import {
  defer,
  from,
  interval,
  map,
  NEVER,
  Observable,
  of,
  Subscription,
  take,
  tap,
  throwError,
  timer,
  type ObservableInput,
} from 'rxjs';
import { lockMap } from '../../../../operators/lock-map.js';
import { tryWithLock } from '../../../../operators/try-with-lock.js';
import { usingLock } from '../../../../operators/using-lock.js';
import { whileLeader } from '../../../../operators/while-leader.js';
import { withLock } from '../../../../operators/with-lock.js';
import { tapLock } from '../../../../operators/tap-lock.js';
import type { LockEvent, LockEventType } from '../../../../src/contract/lease.js';
import type { Leadership } from '../../../../src/contract/status.js';
import { LeaderGrammar, LockGrammar, Thrown } from './grammar.js';
import { isHeld, type AnyLease, type Invariant } from './ledger.js';
import type { Actor, Moment, Source } from './program.js';
import type { Stage } from './stage.js';

const EVENTS = ['waiting', 'acquired', 'renewed', 'uncertain', 'lost', 'released'] as const satisfies LockEventType[];
type Event = LockEvent<unknown>;

/** One subscription of a subscriber: its pipeline, what it was told, and how it reacts. */
export class Part {
  readonly began: number;
  /** The lease that it heard of last. */
  newest: AnyLease | undefined;
  ended: 'complete' | 'error' | 'left' | undefined;
  readonly grammars: (LockGrammar | LeaderGrammar)[] = [];
  private readonly source: Source;
  private readonly subscription = new Subscription();
  private readonly counts = new Map<string, number>();

  constructor(
    private readonly stage: Stage,
    readonly actor: Actor,
    readonly name: string,
  ) {
    this.source = stage.sourceOf(this);
    this.began = stage.ledger.next();
  }

  start(): void {
    const isLeader = this.source.kind === 'leader';
    this.subscription.add(
      (isLeader ? this.leading$() : this.locking$()).subscribe({
        next: (value) => this.heard(value),
        error: (error: unknown) => {
          this.ended = 'error';
          this.known(error);
          this.react('error', false);
        },
        complete: () => {
          this.ended = 'complete';
          this.react('complete', false);
        },
      }),
    );
  }

  leave(): void {
    this.ended ??= 'left';
    try {
      this.subscription.unsubscribe();
    } catch (error) {
      this.known(error);
    }
  }

  ask(what: 'isHeld' | 'remaining' | 'signal' | 'ended$'): void {
    const { newest, stage } = this;
    if (newest === undefined) return;
    if (what === 'remaining') newest.remaining();
    if (what !== 'ended$') {
      Reflect.get(newest, what);
      return;
    }
    let count = 0;
    newest.ended$.subscribe(({ lease }) => {
      if (isHeld(newest) || lease !== newest || count++ > 0) {
        stage.ledger.wrong('a lease that has ended is not held', `ended$ of ${stage.ledger.nameOf(newest)}`);
      }
    });
  }

  check(): void {
    for (const grammar of this.grammars) grammar.check();
  }

  /** Should its end have come by now? */
  get isStopped(): boolean {
    const { stage, source, began, actor } = this;
    // Each of its values has a lock of its own, asked for when the others are done.
    if (actor.via === 'lockMap') return false;
    const { until, signal } = source.wishes;
    const stopped = until === undefined ? 0 : (stage.stops.get(until)?.from ?? 0);
    const aborted = signal === undefined ? 0 : (stage.abortedAt.get(signal) ?? 0);
    const closed = stage.closedAt.get(source.locks % stage.locks.length) ?? 0;
    const holds = this.grammars.some(({ lease }) => lease !== undefined);
    return stopped > began || (aborted > 0 && !holds) || (closed > 0 && !stage.drained.has(source.locks));
  }

  get lease(): AnyLease | undefined {
    return this.grammars.at(-1)?.lease;
  }

  // -------------------------------------------------------------------------------------------- pipelines

  private leading$(): Observable<unknown> {
    const { actor, stage, name } = this;
    const leader$ = defer(() => {
      const grammar = new LeaderGrammar(stage.ledger, name);
      this.grammars.push(grammar);
      return (stage.streamOf(this) as Observable<Leadership>).pipe(
        tap({
          next: (now) => {
            grammar.event(now);
            if (now.leading) this.granted(now.lease, this.began);
          },
          finalize: () => grammar.left(),
        }),
        tap(({ leading }) => this.react(leading ? 'leading' : 'following', true)),
      );
    });
    if (actor.via === 'none') return leader$;
    const { drainTimeout } = actor.work;
    return leader$.pipe(
      whileLeader((lease) => this.work(lease), {
        ...this.drain,
        ...(drainTimeout === undefined ? {} : { drainTimeout }),
      }),
    );
  }

  private locking$(): Observable<unknown> {
    const { actor } = this;
    const lock$ = this.probed$(this.began);
    const { onLost, drainTimeout } = actor.work;
    const options = {
      ...(onLost === undefined ? {} : { onLost }),
      ...(drainTimeout === undefined ? {} : { drainTimeout }),
      ...this.drain,
    };
    const known$ = defer(() => from(this.work(this.newest!)));
    switch (actor.via) {
      case 'usingLock':
        return usingLock(lock$, (lease) => this.work(lease), options);
      case 'withLock':
        return known$.pipe(withLock(lock$, options));
      case 'tryWithLock':
        return known$.pipe(tryWithLock(lock$, options));
      case 'lockMap':
        return of(1, 2).pipe(
          lockMap(
            // Each value has a lock of its own, which is stopped by what comes after it was asked for.
            () => this.probed$(undefined),
            (_, lease) => this.work(lease),
            { ...options, concurrent: 1 },
          ),
        );
      default:
        return lock$;
    }
  }

  /** The stream of the source, listened to above and below a `tapLock`. */
  private probed$(began: number | undefined): Observable<Event> {
    const { source, stage } = this;
    const invariant: Invariant = source.shared
      ? 'a shared stream tells in order'
      : source.kind === 'all'
        ? 'several locks as one tell in order'
        : 'a stream tells in order';
    const handlers = Object.fromEntries(EVENTS.map((type) => [type, () => this.react(type, true)]));
    return defer(() => {
      const asked = began ?? stage.ledger.next();
      return (stage.streamOf(this) as Observable<Event>).pipe(
        this.probe(invariant, asked),
        tapLock<Event>(handlers),
        this.probe(source.shared ? invariant : 'a stream below tapLock tells in order', asked),
      );
    });
  }

  private probe(invariant: Invariant, began: number) {
    const { stage, name, source, actor } = this;
    // An operator that goes on after a loss has the lock contend again within the one stream.
    const again = source.wishes.onLost === 'reacquire' || (actor.via !== 'none' && actor.work.onLost === 'reacquire');
    return (events$: Observable<Event>): Observable<Event> => {
      const grammar = new LockGrammar(stage.ledger, invariant, name, again);
      this.grammars.push(grammar);
      return events$.pipe(
        tap({
          next: (event) => {
            grammar.event(event);
            if (event.type === 'acquired') this.granted(event.lease, began);
          },
          error: (error: unknown) => grammar.error(error),
          complete: () => grammar.complete(),
          unsubscribe: () => grammar.left(),
        }),
      );
    };
  }

  private granted(lease: AnyLease, began: number): void {
    this.newest = lease;
    const { stage, source, name } = this;
    const { until, signal } = source.wishes;
    const seen = stage.ledger.seenAt(lease);
    const wrong = (by: string): void => {
      stage.ledger.wrong(
        'who is stopped is granted nothing more',
        `${name}: ${stage.ledger.nameOf(lease)} after ${by}`,
      );
    };
    const stop = until === undefined ? undefined : stage.stops.get(until);
    if (stop !== undefined && stop.from > began && seen > stop.to) wrong('until');
    const aborted = signal === undefined ? undefined : stage.abortedAt.get(signal);
    if (aborted !== undefined && seen > aborted) wrong('signal');
    const closed = stage.closedAt.get(source.locks % stage.locks.length);
    if (closed !== undefined && seen > closed) wrong('close()');
  }

  // ------------------------------------------------------------------------------------------- what it does

  private heard(value: unknown): void {
    const { actor, stage } = this;
    if (actor.via === 'none') {
      const told = value as Event | Leadership<unknown>;
      this.react('type' in told ? told.type : told.leading ? 'leading' : 'following', false);
      return;
    }
    const lease = value as AnyLease;
    if (!isHeld(lease)) stage.ledger.wrong('a value passes only under its lock', this.name);
    this.react('value', false);
  }

  private work(lease: AnyLease): ObservableInput<unknown> {
    const { stage, actor } = this;
    const { time } = stage;
    const { kind } = actor.work;
    stage.checkWork(this, lease);
    this.react('work', false);
    if (kind === 'throws') throw new Thrown();
    if (kind === 'promise' || kind === 'obedient' || kind === 'stuck') return this.promised(lease, kind);
    return new Observable<unknown>((sink) => {
      const running = { part: this, lease };
      stage.running.add(running);
      sink.add(() => {
        stage.running.delete(running);
        this.react('halt', false);
      });
      if (kind === 'gives back') void lease.release();
      const work$: Observable<unknown> = {
        never: () => NEVER,
        sync: () => of(lease, lease),
        values: () =>
          interval(400, time).pipe(
            map(() => lease),
            take(20),
          ),
        fails: () => throwError(() => new Thrown()),
        'gives back': () => of(lease),
      }[kind]();
      sink.add(work$.subscribe(sink));
    });
  }

  private promised(lease: AnyLease, kind: 'promise' | 'obedient' | 'stuck'): Promise<unknown> {
    return new Promise((resolve) => {
      const done = (): void => {
        resolve(lease);
      };
      if (kind === 'promise') this.stage.time.schedule(done, 700);
      else if (kind === 'obedient') lease.signal.addEventListener('abort', done);
    });
  }

  private get drain(): { drain?: () => ObservableInput<unknown> } {
    const { time } = this.stage;
    switch (this.actor.work.drain) {
      case 'sync':
        return { drain: () => of(1) };
      case 'slow':
        return { drain: () => timer(900, time) };
      case 'never':
        return { drain: () => NEVER };
      case 'throws':
        return {
          drain: () => {
            throw new Thrown();
          },
        };
      default:
        return {};
    }
  }

  private react(at: Moment, above: boolean): void {
    const key = `${at} ${String(above)}`;
    const count = this.counts.get(key) ?? 0;
    this.counts.set(key, count + 1);
    for (const reaction of this.actor.reactions) {
      if (reaction.at === at && reaction.above === above && reaction.nth === count) this.stage.act(reaction.act, this);
    }
  }

  /** A `LockError`, or what a handler threw. */
  private known(error: unknown): void {
    this.stage.known(error);
  }
}
