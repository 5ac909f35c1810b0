import { setTimeout as sleep } from 'node:timers/promises';
import { LockError, LockLostError, type Lease, type Locks } from '../../../src/index.js';
import type { Chance } from '../../whole/properties/search/chance.js';

const LOCKS = ['a', 'b', 'c', 'd', 'e'];
const SEMAPHORES = ['s', 't'];
const LIMIT = 2;
/** The longest that somebody waits, and works. Milliseconds. */
const WAIT = 6000;
const WORK = 2500;

/** All that they contend for. */
export const NAMES = [...LOCKS, ...SEMAPHORES];

/** How many may believe in it at one time. */
export function limitOf(name: string): number {
  return SEMAPHORES.includes(name) ? LIMIT : 1;
}

export interface DeedsOptions {
  readonly chance: Chance;
  readonly semaphore: boolean;
  /** How many locks they contend for; all by default. */
  readonly locks?: number;
  /** Whom a lock is handed on to, if it can be. */
  readonly others?: Locks<unknown> | undefined;
  /** Nothing more is begun, and nobody works any longer. */
  isOver(): boolean;
  /** What failed otherwise than it may. */
  failed(error: unknown): void;
}

type Deed = (locks: Locks<unknown>) => Promise<unknown>;

/** What people do with a few locks and semaphores: one thing after the other, by chance. */
export class Deeds {
  private readonly all: readonly Deed[];

  constructor(private readonly options: DeedsOptions) {
    const { semaphore, others } = options;
    this.all = [
      (locks) => locks.using(this.lock, this.ttl, this.work, { signal: patience() }),
      (locks) => locks.tryUsing(this.lock, this.ttl, this.work),
      (locks) => this.extend(locks),
      ...(semaphore ? [(locks: Locks<unknown>) => this.takePermit(locks)] : []),
      ...(others === undefined ? [] : [(locks: Locks<unknown>) => this.handOn(locks, others)]),
    ];
  }

  /** @param last Until when, by `performance.now`. */
  async act(locks: Locks<unknown>, last: number): Promise<void> {
    const { chance, isOver, failed } = this.options;
    while (!isOver() && performance.now() < last) {
      const deed = chance.of(this.all);
      await deed(locks).catch((error: unknown) => {
        if (!isExpected(error)) failed(error);
      });
      await sleep(chance.below(50));
    }
  }

  private get ttl(): number {
    return 1000 * (1 + this.options.chance.below(3));
  }

  private get lock(): string {
    return this.options.chance.of(LOCKS.slice(0, this.options.locks));
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
    const semaphore = this.options.chance.of(SEMAPHORES);
    return locks.using(semaphore, this.ttl, this.work, { limit: LIMIT, signal: patience() });
  }

  private async handOn(locks: Locks<unknown>, others: Locks<unknown>): Promise<void> {
    const lease = await locks.acquire(this.lock, this.ttl, { signal: patience() });
    const adopted = await others.adopt(await lease.detach(), { signal: patience() });
    await this.work(adopted).finally(() => adopted.release());
  }

  /** Some look at the clock all the time, and some never do. */
  private readonly work = async (lease: Lease<unknown>): Promise<void> => {
    const { chance, isOver } = this.options;
    const last = performance.now() + chance.below(WORK);
    const looks = chance.happens(0.5);
    if (looks) lease.remaining();
    while (performance.now() < last && !lease.signal.aborted && !isOver()) {
      await sleep(chance.below(400));
      if (looks) lease.remaining();
    }
  };
}

function patience(): AbortSignal {
  return AbortSignal.timeout(WAIT);
}

/** A lock may be lost, a service out of reach, and who waits may lose his patience. */
function isExpected(error: unknown): boolean {
  const isTimeout = error instanceof DOMException && error.name === 'TimeoutError';
  return isTimeout || error instanceof LockLostError || (error instanceof LockError && error.retryable);
}
