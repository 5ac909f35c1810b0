import { setTimeout as sleep } from 'node:timers/promises';
import { createLocks, LockLostError, type Lease, type LockBackend, type Locks } from '../../../src/index.js';
import { until } from '../../support/poll.js';
import { FaultProxy } from '../../support/proxy.js';
import type { Chance } from '../../whole/properties/search/chance.js';

/** So many clients, each behind a network of its own, that do so much at once. */
const CLIENTS = 5;
const WORKERS = 3;
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
/** The longest that somebody waits, works, or is cut off. Milliseconds. */
const WAIT = 6000;
const WORK = 2500;
const OUTAGE = 900;
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
  /** Does it know after a kill what it has granted before? */
  readonly isDurable: boolean;
}

/** What came of it. */
export interface OutageReport {
  readonly grants: number;
  /** The most who believed in one lock at one time. */
  readonly believers: number;
  /** Why locks were lost. */
  readonly reasons: ReadonlySet<string>;
  /** What failed otherwise than it may. */
  readonly errors: readonly unknown[];
}

/** Many clients take and give back a few locks, while their networks and their server come and go by chance. Then all is well again, and nothing is left. */
export async function playOutages(service: OutageService, chance: Chance, duration: number): Promise<OutageReport> {
  const end = performance.now() + duration;
  const isOver = (): boolean => performance.now() >= end;
  const beliefs = new Map<string, Set<Lease<unknown>>>();
  const reasons = new Set<string>();
  const errors: unknown[] = [];
  let grants = 0;
  let believers = 0;

  const follow = (locks: Locks<unknown>): void => {
    locks.events$.subscribe((event) => {
      if (event.type === 'lost') reasons.add(event.reason);
      if (event.type !== 'acquired') return;
      grants++;
      const all = beliefs.get(event.name) ?? new Set();
      beliefs.set(event.name, all.add(event.lease));
      // Unlike `isHeld`, this changes nothing.
      for (const lease of all) if (!lease.toJSON().isHeld) all.delete(lease);
      believers = Math.max(believers, all.size);
    });
  };
  const work = async (lease: Lease<unknown>): Promise<void> => {
    const last = performance.now() + chance.below(WORK);
    const looks = chance.happens(0.5);
    if (looks) lease.remaining();
    while (performance.now() < last && !lease.signal.aborted && !isOver()) {
      await sleep(chance.below(400));
      if (looks) lease.remaining();
    }
  };
  const worker = async (locks: Locks<unknown>, last: number): Promise<void> => {
    while (!isOver() && performance.now() < last) {
      const ttl = 1000 * (1 + chance.below(3));
      try {
        await locks.using(chance.of(NAMES), ttl, work, { signal: AbortSignal.timeout(WAIT) });
      } catch (error) {
        const isExpected = error instanceof LockLostError || (error as Error).name === 'TimeoutError';
        if (!isExpected) errors.push(error);
      }
    }
  };
  const client = async (wire: FaultProxy): Promise<void> => {
    while (!isOver()) {
      const locks = createLocks(service.backend(wire.port));
      follow(locks);
      const last = performance.now() + chance.below(20_000);
      await Promise.all(Array.from({ length: WORKERS }, () => worker(locks, last)));
      await locks.close();
    }
  };
  const network = async (wire: FaultProxy): Promise<void> => {
    while (!isOver()) {
      await sleep(chance.below(1500));
      const fault = chance.of(['reset', 'refuse', 'delay', 'blackhole'] as const);
      if (fault === 'reset') wire.reset();
      else if (fault === 'refuse') await wire.refuse();
      else if (fault === 'delay') wire.delay(chance.below(300));
      else wire.blackhole(chance.of(['both', 'requests', 'replies'] as const));
      await sleep(chance.below(OUTAGE));
      await wire.heal();
    }
  };
  const fate = async (): Promise<void> => {
    const { server } = service;
    while (!isOver()) {
      await sleep(chance.below(6000));
      if (service.isDurable && chance.happens(0.5)) {
        await server.kill();
        await sleep(chance.below(OUTAGE));
        await server.run();
      } else {
        server.pause();
        await sleep(chance.below(OUTAGE));
        server.resume();
      }
    }
  };

  const wires = await Promise.all(Array.from({ length: CLIENTS }, () => FaultProxy.start(service.server.port)));
  const looker = createLocks(service.backend(service.server.port));
  try {
    await Promise.all([fate(), ...wires.flatMap((wire) => [network(wire), client(wire)])]);
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
  return { grants, believers, reasons, errors };
}
