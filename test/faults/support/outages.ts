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

/** Many clients take and give back a few locks, while their networks and their server come and go by chance. Then all is well again, and nothing is left. */
export async function playOutages(service: OutageService, chance: Chance, duration: number): Promise<OutageReport> {
  const end = performance.now() + duration;
  const isOver = (): boolean => performance.now() >= end;
  const beliefs = new Map<string, Set<Lease<unknown>>>();
  const reasons = new Set<string>();
  const errors: unknown[] = [];
  let grants = 0;
  let excesses = 0;

  const follow = (locks: Locks<unknown>): void => {
    locks.events$.subscribe((event) => {
      if (event.type === 'lost') reasons.add(event.reason);
      if (event.type !== 'acquired') return;
      grants++;
      const all = beliefs.get(event.name) ?? new Set();
      beliefs.set(event.name, all.add(event.lease));
      // Unlike `isHeld`, this changes nothing.
      for (const lease of all) if (!lease.toJSON().isHeld) all.delete(lease);
      if (all.size > (SEMAPHORES.includes(event.name) ? LIMIT : 1)) excesses++;
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
  const ttl = (): number => 1000 * (1 + chance.below(3));
  const signal = (): AbortSignal => AbortSignal.timeout(WAIT);
  const { features } = service.backend(service.server.port);
  /** What people do with locks, each as often as the other. */
  const deeds: readonly ((locks: Locks<unknown>, others: Locks<unknown>) => Promise<unknown>)[] = [
    (locks) => locks.using(chance.of(LOCKS), ttl(), work, { signal: signal() }),
    (locks) => locks.tryUsing(chance.of(LOCKS), ttl(), work),
    async (locks) => {
      const lease = await locks.acquire(chance.of(LOCKS), ttl(), { signal: signal() });
      await work(lease);
      await lease.extend(ttl()).finally(() => work(lease).then(() => lease.release()));
    },
    ...(features.semaphore
      ? [(locks: Locks<unknown>) => locks.using(chance.of(SEMAPHORES), ttl(), work, { limit: LIMIT, signal: signal() })]
      : []),
    ...(service.handsOn
      ? [
          async (locks: Locks<unknown>, others: Locks<unknown>) => {
            const lease = await locks.acquire(chance.of(LOCKS), ttl(), { signal: signal() });
            const adopted = await others.adopt(await lease.detach(), { signal: signal() });
            await work(adopted).finally(() => adopted.release());
          },
        ]
      : []),
  ];
  const isExpected = (error: unknown): boolean =>
    error instanceof LockLostError || (error instanceof LockError && error.retryable) || isTimeout(error);
  const worker = async (locks: Locks<unknown>, others: Locks<unknown>, last: number): Promise<void> => {
    while (!isOver() && performance.now() < last) {
      await chance
        .of(deeds)(locks, others)
        .catch((error: unknown) => {
          if (!isExpected(error)) errors.push(error);
        });
      await sleep(chance.below(50));
    }
  };
  const wires = await Promise.all(Array.from({ length: CLIENTS }, () => FaultProxy.start(service.server.port)));
  const looker = createLocks(service.backend(service.server.port));
  follow(looker);
  const client = async (wire: FaultProxy): Promise<void> => {
    while (!isOver()) {
      const locks = createLocks(service.backend(wire.port));
      follow(locks);
      const last = performance.now() + chance.below(20_000);
      await Promise.all(Array.from({ length: WORKERS }, () => worker(locks, looker, last)));
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
  return { grants, excesses, reasons, errors };
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError';
}
