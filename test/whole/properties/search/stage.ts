import { coreOf } from '../../../support/core-of.js';
import { Subject, throwError, type Observable } from 'rxjs';
import { MemoryBackend } from '../../../../src/backends/memory/memory-backend.js';
import { createLocks } from '../../../../src/locks/create-locks.js';
import { LockTable } from '../../../../src/table/lock-table.js';
import { shareLease } from '../../../../operators/share-lease.js';
import type { LockBackend } from '../../../../src/contract/backend.js';
import type { LocksEvent } from '../../../../src/contract/lease.js';
import type { Locks } from '../../../../src/contract/locks.js';
import type { LockOptions, SemaphoreOptions } from '../../../../src/contract/options.js';
import { BoundedTime } from './bounded-time.js';
import { Chance } from './chance.js';
import { LIMIT, NOTIFIERS } from './generate.js';
import { EventsGrammar, Thrown } from './grammar.js';
import { isHeld, Ledger, shareOf, type AnyLease } from './ledger.js';
import { Part } from './part.js';
import type { Act, Listener, Program, Source } from './program.js';
import { Service } from './service.js';

/** How many subscriptions and acts a program may have: handlers that subscribe again would go on for ever. */
const MANY = 60;

/** Work that runs at the moment. */
export interface Running {
  readonly part: Part;
  readonly lease: AnyLease;
}

/** Everything that a program plays with. */
export class Stage {
  readonly time = new BoundedTime();
  readonly clock = {
    /** What the timers have not seen: the event loop was blocked. */
    ahead: 0,
    elapsed: (): number => this.time.now() + this.clock.ahead,
    date: (): number => this.clock.elapsed(),
    monotonic: (): number => this.clock.elapsed(),
  };
  readonly ledger = new Ledger(() => this.clock.elapsed());
  readonly table: LockTable | undefined;
  readonly service: Service | undefined;
  readonly locks: readonly Locks<unknown>[];
  readonly parts: Part[] = [];
  readonly running = new Set<Running>();
  readonly untils = Array.from({ length: NOTIFIERS }, () => new Subject<void>());
  readonly signals = Array.from({ length: NOTIFIERS }, () => new AbortController());
  /** When each was fired first, by the ledger's count: whoever asked before `from` is granted nothing after `to`. */
  readonly stops = new Map<number, { readonly from: number; to: number }>();
  readonly abortedAt = new Map<number, number>();
  readonly closedAt = new Map<number, number>();
  readonly drained = new Set<number>();
  readonly closings: Promise<void>[] = [];
  readonly grammars: EventsGrammar[] = [];
  private readonly streams = new Map<number, Observable<unknown>>();
  private acts = 0;

  /** @param known Told of every error that comes out somewhere. */
  constructor(
    readonly program: Program,
    readonly known: (error: unknown) => void,
  ) {
    const { clock, time } = this;
    if (program.service === undefined) {
      this.table = new LockTable(clock.monotonic, {
        schedule: (delay, run) => {
          const action = time.schedule(run, delay);
          return () => {
            action.unsubscribe();
          };
        },
      });
    } else this.service = new Service(program.service);
    const backend: LockBackend = this.service ?? new MemoryBackend(this.table);
    const chance = new Chance(program.seed);
    this.locks = Array.from({ length: program.locks }, (_, i) =>
      createLocks(backend, { scheduler: time, clock, holder: `h${String(i)}`, random: () => chance.next() }),
    );
    this.locks.forEach((locks, i) => {
      this.listen(locks, i);
    });
    for (const source of program.sources) this.streams.set(source.id, this.stream(source));
  }

  get backend(): MemoryBackend | Service {
    return this.service ?? (coreOf(this.locks[0]!).backend as MemoryBackend);
  }

  sourceOf(part: Part): Source {
    return this.program.sources.find(({ id }) => id === part.actor.source)!;
  }

  streamOf(part: Part): Observable<unknown> {
    return this.streams.get(part.actor.source) ?? throwError(() => new Thrown());
  }

  /** Does what a handler does. `self` is the one whose handler it is. */
  act(act: Act, self?: Part): void {
    if (++this.acts > MANY) return;
    const partOf = (who: number | 'self'): Part | undefined =>
      who === 'self' ? self : this.parts.findLast(({ actor }) => actor.id === who);
    switch (act.do) {
      case 'leave':
        partOf(act.who)?.leave();
        break;
      case 'release':
        void partOf(act.who)?.newest?.release();
        break;
      case 'ask':
        partOf(act.who)?.ask(act.what);
        break;
      case 'subscribe':
        this.subscribe(act.who === 'self' ? self!.actor.id : act.who);
        break;
      case 'throw':
        throw new Thrown();
      case 'stop':
        this.fire(act.until);
        break;
      case 'abort':
        if (!this.abortedAt.has(act.signal)) this.abortedAt.set(act.signal, this.ledger.next());
        this.signals[act.signal]!.abort(new Thrown('aborted'));
        break;
      case 'block':
        this.clock.ahead += act.ms;
        break;
      case 'revoke':
        this.backend.revoke(act.name).subscribe();
        break;
      case 'close':
        this.close(act.locks, act.drain);
    }
  }

  /** From now on handlers do nothing. */
  calm(): void {
    this.acts = MANY;
  }

  close(which: number, drain: number): void {
    const locks = this.locks[which];
    if (locks === undefined) return;
    if (!this.closedAt.has(which)) this.closedAt.set(which, this.ledger.next());
    if (drain > 0) this.drained.add(which);
    this.closings.push(locks.close({ drain }));
  }

  private fire(until: number): void {
    const stop = { from: this.ledger.next(), to: Infinity };
    if (!this.stops.has(until)) this.stops.set(until, stop);
    this.untils[until]!.next();
    stop.to = this.ledger.next();
  }

  /** Work is about to begin. */
  checkWork(part: Part, lease: AnyLease): void {
    if (!isHeld(lease)) this.ledger.wrong('work runs only under its lock', `${part.name} begins without it`);
    if (part.actor.via === 'lockMap') return;
    for (const other of this.running) {
      if (other.part === part) this.ledger.wrong('work runs only under its lock', `${part.name} works twice at once`);
    }
  }

  private subscribe(id: number): void {
    const actor = this.program.actors.find((one) => one.id === id);
    if (actor === undefined || this.parts.length > MANY) return;
    const part = new Part(this, actor, `${String(id)}.${String(this.parts.length)}`);
    this.parts.push(part);
    part.start();
  }

  /** A recorder, those that act, and another recorder: whoever acts must not turn the order round for the others. */
  private listen(locks: Locks<unknown>, i: number): void {
    this.record(locks, `locks${String(i)}`);
    for (const listener of this.program.listeners) if (listener.locks === i) this.react(locks, listener);
    this.record(locks, `locks${String(i)}, second`);
  }

  private record(locks: Locks<unknown>, name: string): void {
    const grammar = new EventsGrammar(this.ledger, name);
    this.grammars.push(grammar);
    (locks.events$ as Observable<LocksEvent>).subscribe((event) => grammar.event(event));
  }

  private react(locks: Locks<unknown>, { at, nth, act }: Listener): void {
    let count = 0;
    locks.events$.subscribe(({ type }) => {
      if (type === at && count++ === nth) this.act(act);
    });
  }

  private stream({ kind, locks: which, names, ttl, wishes, shared }: Source): Observable<unknown> {
    const locks = this.locks[which % this.locks.length]!;
    const { until, signal, mode, permits, ...rest } = wishes;
    const options: LockOptions & SemaphoreOptions = {
      ...rest,
      ...(mode === undefined ? {} : { mode }),
      ...(permits === undefined ? {} : { permits }),
      ...shareOf(wishes),
      ...(until === undefined ? {} : { until: this.untils[until]! }),
      ...(signal === undefined ? {} : { signal: this.signals[signal]!.signal }),
    };
    const name = names[0]!;
    try {
      if (kind === 'leader') return locks.leader$(name, ttl, options);
      if (kind === 'all')
        return shared ? locks.all$(names, ttl, options).pipe(shareLease()) : locks.all$(names, ttl, options);
      const lock$ =
        kind === 'semaphore' ? locks.semaphore$(name, LIMIT, ttl, options) : locks.lock$(name, ttl, options);
      return shared ? lock$.pipe(shareLease()) : lock$;
    } catch (error) {
      return throwError(() => error);
    }
  }
}
