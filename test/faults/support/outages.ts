import { setTimeout as sleep } from 'node:timers/promises';
import { createLocks, LockError, LockLostError, type Lease, type LockBackend, type Locks } from '../../../src/index.js';
import { until } from '../../support/poll.js';
import { FaultProxy } from '../../support/proxy.js';
import type { Chance } from '../../whole/properties/search/chance.js';

/** So many clients, each behind a network of its own, that do so much at once. */
const CLIENTS = 5;
const WORKERS = 3;
const LOCKS = ['a', 'b', 'c', 'd', 'e'];
const SEMAPHORES = ['s', 't'];
const NAMES = [...LOCKS, ...SEMAPHORES];
const LIMIT = 2;
/** The longest that somebody waits, works, or is cut off. Milliseconds. */
const WAIT = 6000;
const WORK = 2500;
const OUTAGE = 900;
/** How long a client lives at most. Milliseconds. */
const LIFE = 20_000;
/** How long all may take to end when everything is well again; it decides nothing else. Milliseconds. */
const PATIENCE = 45_000;

/** A service, and its server, to which anything may happen. */
export interface OutageService {
  readonly server: {
    readonly port: number;
    pause(): void;
    resume(): void;
    kill(): Promise<void>;
    run(): Promise<void>;
    stop(): Promise<void>;
  };
  backend(port: number): LockBackend;
  /** Can a lock be handed on to another client? */
  readonly handsOn: boolean;
  /** Does it know after a kill what it has granted before? */
  readonly isDurable: boolean;
}

/** What came of it. */
export interface OutageReport {
  readonly grants: number;
  /** How often more believed in a lock, or in permits of a semaphore, than there may be. */
  readonly excesses: number;
  /** Why locks were lost. */
  readonly reasons: ReadonlySet<string>;
  /** What failed otherwise than it may. */
  readonly errors: readonly unknown[];
}

/** What people do with locks: its own, and those of another client. */
type Deed = (locks: Locks<unknown>, others: Locks<unknown>) => Promise<unknown>;

/** Many clients take and give back a few locks, while their networks and their server come and go by chance. Then all is well again, and nothing is left. */
export class Outages {
  private readonly beliefs = new Map<string, Set<Lease<unknown>>>();
  private readonly reasons = new Set<string>();
  private readonly errors: unknown[] = [];
  private readonly deeds: readonly Deed[];
  private readonly end: number;
  private grants = 0;
  private excesses = 0;

  /** @param duration Milliseconds. */
  constructor(
    private readonly service: OutageService,
    private readonly chance: Chance,
    duration: number,
  ) {
    this.end = performance.now() + duration;
    this.deeds = this.possible();
  }

  async play(): Promise<OutageReport> {
    const { port } = this.service.server;
    const wires = await Promise.all(Array.from({ length: CLIENTS }, () => FaultProxy.start(port)));
    const looker = this.open(port);
    try {
      await Promise.all([this.shake(), ...wires.flatMap((wire) => [this.spoil(wire), this.come(wire, looker)])]);
      for (const name of NAMES) {
        const isFree = async (): Promise<boolean> => {
          const status = await looker.status(name).catch(() => undefined);
          return status?.status === 'free';
        };
        await until(isFree, `a server that has given back ${name}`, PATIENCE);
      }
    } finally {
      await looker.close();
      await Promise.all(wires.map((wire) => wire.stop()));
    }
    const { grants, excesses, reasons, errors } = this;
    return { grants, excesses, reasons, errors };
  }

  private get isOver(): boolean {
    return performance.now() >= this.end;
  }

  private get ttl(): number {
    return 1000 * (1 + this.chance.below(3));
  }

  private get lock(): string {
    return this.chance.of(LOCKS);
  }

  // ------------------------------------------------------------------------------------------ the clients

  private open(port: number): Locks<unknown> {
    const locks = createLocks(this.service.backend(port));
    locks.events$.subscribe((event) => {
      if (event.type === 'lost') this.reasons.add(event.reason);
      if (event.type === 'acquired') this.granted(event.name, event.lease);
    });
    return locks;
  }

  private granted(name: string, lease: Lease<unknown>): void {
    this.grants++;
    const all = this.beliefs.get(name) ?? new Set();
    this.beliefs.set(name, all.add(lease));
    // Unlike `isHeld`, this changes nothing.
    for (const one of all) if (!one.toJSON().isHeld) all.delete(one);
    if (all.size > (SEMAPHORES.includes(name) ? LIMIT : 1)) this.excesses++;
  }

  /** One client after the other, each with a few that work at once. */
  private async come(wire: FaultProxy, others: Locks<unknown>): Promise<void> {
    while (!this.isOver) {
      const locks = this.open(wire.port);
      const last = performance.now() + this.chance.below(LIFE);
      await Promise.all(Array.from({ length: WORKERS }, () => this.act(locks, others, last)));
      await locks.close();
    }
  }

  private async act(locks: Locks<unknown>, others: Locks<unknown>, last: number): Promise<void> {
    while (!this.isOver && performance.now() < last) {
      const deed = this.chance.of(this.deeds);
      await deed(locks, others).catch((error: unknown) => {
        if (!isExpected(error)) this.errors.push(error);
      });
      await sleep(this.chance.below(50));
    }
  }

  private possible(): readonly Deed[] {
    const { handsOn, backend, server } = this.service;
    const { semaphore } = backend(server.port).features;
    return [
      (locks) => locks.using(this.lock, this.ttl, this.work, { signal: patience() }),
      (locks) => locks.tryUsing(this.lock, this.ttl, this.work),
      (locks) => this.extend(locks),
      ...(semaphore ? [(locks: Locks<unknown>) => this.takePermit(locks)] : []),
      ...(handsOn ? [(locks: Locks<unknown>, others: Locks<unknown>) => this.handOn(locks, others)] : []),
    ];
  }

  private async extend(locks: Locks<unknown>): Promise<void> {
    const lease = await locks.acquire(this.lock, this.ttl, { signal: patience() });
    try {
      await this.work(lease);
      await lease.extend(this.ttl);
      await this.work(lease);
    } finally {
      await lease.release();
    }
  }

  private takePermit(locks: Locks<unknown>): Promise<void> {
    return locks.using(this.chance.of(SEMAPHORES), this.ttl, this.work, { limit: LIMIT, signal: patience() });
  }

  private async handOn(locks: Locks<unknown>, others: Locks<unknown>): Promise<void> {
    const lease = await locks.acquire(this.lock, this.ttl, { signal: patience() });
    const adopted = await others.adopt(await lease.detach(), { signal: patience() });
    await this.work(adopted).finally(() => adopted.release());
  }

  /** Some look at the clock all the time, and some never do. */
  private readonly work = async (lease: Lease<unknown>): Promise<void> => {
    const last = performance.now() + this.chance.below(WORK);
    const looks = this.chance.happens(0.5);
    if (looks) lease.remaining();
    while (performance.now() < last && !lease.signal.aborted && !this.isOver) {
      await sleep(this.chance.below(400));
      if (looks) lease.remaining();
    }
  };

  // -------------------------------------------------------------------------------------------- the faults

  private async spoil(wire: FaultProxy): Promise<void> {
    const { chance } = this;
    while (!this.isOver) {
      await sleep(chance.below(1500));
      const fault = chance.of(['reset', 'refuse', 'delay', 'blackhole'] as const);
      if (fault === 'reset') wire.reset();
      else if (fault === 'refuse') await wire.refuse();
      else if (fault === 'delay') wire.delay(chance.below(300));
      else wire.blackhole(chance.of(['both', 'requests', 'replies'] as const));
      await sleep(chance.below(OUTAGE));
      await wire.heal();
    }
  }

  private async shake(): Promise<void> {
    const { chance } = this;
    const { server, isDurable } = this.service;
    while (!this.isOver) {
      await sleep(chance.below(6000));
      if (isDurable && chance.happens(0.5)) {
        await server.kill();
        await sleep(chance.below(OUTAGE));
        await server.run();
      } else {
        server.pause();
        await sleep(chance.below(OUTAGE));
        server.resume();
      }
    }
  }
}

function patience(): AbortSignal {
  return AbortSignal.timeout(WAIT);
}

/** A lock may be lost, a service out of reach, and who waits may lose his patience. */
function isExpected(error: unknown): boolean {
  const isTimeout = error instanceof DOMException && error.name === 'TimeoutError';
  return isTimeout || error instanceof LockLostError || (error instanceof LockError && error.retryable);
}
