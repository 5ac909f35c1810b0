import { systemClock } from '../../../values/system-clock.js';
import type { ExecutionResult, ExecutionStats } from './types.js';

/** What a lock needs of the object that it came from. */
export interface LockOwner {
  /** Gives it back. */
  release(lock: Lock): Promise<ExecutionResult>;
  /** Makes it end so many milliseconds from now. */
  extend(lock: Lock, duration: number): Promise<Lock>;
}

/** When each stops being believed in, on `clock.elapsed`: no wall clock decides. */
const deadlines = new WeakMap<Lock, number>();

/** One or several resources that are held together. */
export class Lock {
  /** What is held. */
  readonly resources: string[];
  /** One for each round that it took. */
  readonly attempts: readonly Promise<ExecutionStats>[];
  /** Until when it is believed in at the most, in epoch milliseconds, for people; 0 once it was extended or released. */
  expiration: number;
  readonly #owner: LockOwner;
  readonly #value: string;

  /**
   * @param redlock Releases and extends it.
   * @param value What the resources' keys hold.
   * @param expiration Epoch milliseconds.
   */
  constructor(
    redlock: LockOwner,
    resources: readonly string[],
    value: string,
    attempts: readonly Promise<ExecutionStats>[],
    expiration: number,
  ) {
    this.#owner = redlock;
    this.#value = value;
    this.resources = [...resources];
    this.attempts = attempts;
    this.expiration = expiration;
    deadlines.set(this, systemClock().elapsed() + expiration - systemClock().date());
  }

  /** Releases and extends it. Does not print. */
  get redlock(): LockOwner {
    return this.#owner;
  }

  /** What the keys of the resources hold. Whoever knows it can release the lock, so it does not print. */
  get value(): string {
    return this.#value;
  }

  /**
   * Gives it back.
   *
   * @returns What the clients answered.
   * @throws ExecutionError if it was not held any more, or if too few clients answered within a second.
   */
  release(): Promise<ExecutionResult> {
    return this.#owner.release(this);
  }

  /**
   * Prolongs it from now on.
   *
   * @param duration Milliseconds, a whole number.
   * @returns The lock from now on; this one is over.
   * @throws ExecutionError if it has expired, or is another's.
   */
  extend(duration: number): Promise<Lock> {
    return this.#owner.extend(this, duration);
  }
}

/**
 * Makes a lock that is believed in until its deadline, whatever the wall clock does.
 *
 * @param deadline On `clock.elapsed`.
 */
export function lockUntil(
  deadline: number,
  owner: LockOwner,
  stake: { readonly resources: readonly string[]; readonly value: string },
  attempts: readonly Promise<ExecutionStats>[],
): Lock {
  const lock = new Lock(owner, stake.resources, stake.value, attempts, expirationOf(deadline));
  deadlines.set(lock, deadline);
  return lock;
}

/** When it stops being believed in, on `clock.elapsed`. */
export function deadlineOf(lock: Lock): number {
  return deadlines.get(lock) ?? -Infinity;
}

/** It is held no more. */
export function end(lock: Lock): void {
  deadlines.set(lock, -Infinity);
  lock.expiration = 0;
}

function expirationOf(deadline: number): number {
  return Math.floor(systemClock().date() + deadline - systemClock().elapsed());
}
