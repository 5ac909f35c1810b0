import { createLocks, type Lease, type LockBackend, type Locks } from '../../../src/index.js';
import { until } from '../../support/poll.js';
import { FaultProxy } from '../../support/proxy.js';
import type { Chance } from '../../whole/properties/search/chance.js';
import { Deeds, limitOf, NAMES } from './deeds.js';
import { shake, spoil, type OutageServer } from './weather.js';

/** So many clients, each behind a network of its own, that do so much at once. */
const CLIENTS = 5;
const WORKERS = 3;
/** It is not over before so many grants. */
const ENOUGH = 10;
/** How long a client lives at most. Milliseconds. */
const LIFE = 20_000;
/** How long all may take to end when everything is well again; it decides nothing else. Milliseconds. */
const PATIENCE = 45_000;

/** A service, and its server, to which anything may happen. */
export interface OutageService {
  readonly server: OutageServer;
  backend(port: number): LockBackend;
  /** The same in a worker: what `threaded-services.ts` exports that makes it, and what that is given. */
  inWorker(port: number): { readonly make: string; readonly args: readonly unknown[] };
  /** Can a lock be handed on to another client? */
  readonly handsOn: boolean;
  /** Does it know after a kill what it has granted before? */
  readonly isDurable: boolean;
}

/** What came of it. */
export interface OutageReport {
  /** How often more believed in a lock, or in permits of a semaphore, than there may be. */
  readonly excesses: number;
  /** Why locks were lost. */
  readonly reasons: ReadonlySet<string>;
  /** What failed otherwise than it may. */
  readonly errors: readonly unknown[];
}

/** Many clients take and give back a few locks, while their networks and their server come and go by chance. Then all is well again, and nothing is left. */
export class Outages {
  private readonly beliefs = new Map<string, Set<Lease<unknown>>>();
  private readonly reasons = new Set<string>();
  private readonly errors: unknown[] = [];
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
  }

  async play(): Promise<OutageReport> {
    const { chance, isLate } = this;
    const { server, isDurable } = this.service;
    const { port } = server;
    const wires = await Promise.all(Array.from({ length: CLIENTS }, () => FaultProxy.start(port)));
    const looker = this.open(port);
    try {
      await Promise.all([
        shake(server, isDurable, chance, isLate),
        ...wires.flatMap((wire) => [spoil(wire, chance, isLate), this.come(wire, looker)]),
      ]);
      await allFree(looker);
    } finally {
      await looker.close();
      await Promise.all(wires.map((wire) => wire.stop()));
    }
    const { excesses, reasons, errors } = this;
    return { excesses, reasons, errors };
  }

  private readonly isLate = (): boolean => performance.now() >= this.end;
  /** A busy machine takes its time: then it goes on, in good weather. */
  private readonly isOver = (): boolean => this.isLate() && this.grants > ENOUGH;

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
    if (all.size > limitOf(name)) this.excesses++;
  }

  /** One client after the other, each with a few that work at once. */
  private async come(wire: FaultProxy, others: Locks<unknown>): Promise<void> {
    const { chance, isOver } = this;
    const { handsOn, backend } = this.service;
    const { semaphore } = backend(wire.port).features;
    const failed = (error: unknown): void => void this.errors.push(error);
    const deeds = new Deeds({ chance, semaphore, others: handsOn ? others : undefined, isOver, failed });
    while (!isOver()) {
      const locks = this.open(wire.port);
      const last = performance.now() + chance.below(LIFE);
      await Promise.all(Array.from({ length: WORKERS }, () => deeds.act(locks, last)));
      await locks.close();
    }
  }
}

/** Resolves when the server has nothing any more. */
export async function allFree(looker: Locks<unknown>): Promise<void> {
  for (const name of NAMES) {
    const isFree = async (): Promise<boolean> => {
      const status = await looker.status(name).catch(() => undefined);
      return status?.status === 'free';
    };
    await until(isFree, `a server that has given back ${name}`, PATIENCE);
  }
}
