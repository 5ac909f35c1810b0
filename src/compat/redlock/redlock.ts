import { EventEmitter } from 'node:events';
import { invalid } from '../../values/invalid.js';
import { reportErrors } from '../../values/report-errors.js';
import { systemClock } from '../../values/system-clock.js';
import { DEFAULT_SETTINGS, withSettings, type Settings } from './document/settings.js';
import { deadlineOf, end, lockUntil, type Lock } from './document/lock.js';
import { resolveScripts } from './document/script-set.js';
import type { ExecutionResult, RedlockClient, RedlockScripts } from './document/types.js';
import { callsOf } from './engine/calls-of.js';
import { Stake } from './engine/stake.js';
import { endClient } from './engine/end-client.js';
import { failed } from './engine/failed.js';
import { QuorumMember } from './engine/quorum-member.js';
import { Quorum, type Won } from './engine/quorum.js';
import { runUnder, type Routine } from './engine/run-under.js';

/** The least of a duration above the threshold of its extension. Milliseconds. */
const ROOM = 100;
/** What has run out may still be there, and is to be given back. Milliseconds. */
const MIN_REST = 1000;

/**
 * Locks on one Redis, or on a majority of several that know nothing of each other: the documented class of `redlock` 5, on which
 * only the import changes. Its locks and those of that package exclude each other.
 *
 * It has connections of its own, made like those of the clients that it is given, so that a command is never sent late, or
 * twice.
 *
 * @example
 * ```ts
 * import { Redis } from 'ioredis';
 * import Redlock, { ResourceLockedError } from 'rxlock/compat/redlock';
 *
 * const redlock = new Redlock([new Redis()], { retryCount: 3 });
 * redlock.on('error', (error) => {
 *   if (!(error instanceof ResourceLockedError)) console.error(error);
 * });
 * await redlock.using(['accounts/1', 'accounts/2'], 5000, async (signal) => {
 *   console.log('held');
 *   if (signal.aborted) throw signal.error;
 * });
 * await redlock.quit();
 * ```
 */
export class Redlock extends EventEmitter {
  /** The settings of each call that has none of its own. */
  readonly settings: Settings;
  readonly #clients: ReadonlySet<RedlockClient>;
  readonly #quorum: Quorum;
  readonly #stakes = new WeakMap<Lock, Stake>();

  /**
   * @param clients Of ioredis or node-redis, one for each Redis: an odd number of them.
   * @param settings `driftFactor` (0.01), `retryCount` (10), `retryDelay` (200), `retryJitter` (100),
   * `automaticExtensionThreshold` (500); times are in milliseconds.
   * @param scripts Lua in place of rxlock's.
   * @throws Error if there is no client; LockConfigError for what is none; LockValidationError naming a setting.
   */
  constructor(clients: Iterable<RedlockClient>, settings: Partial<Settings> = {}, scripts: RedlockScripts = {}) {
    super();
    this.#clients = new Set<RedlockClient>(clients ?? []);
    if (this.#clients.size === 0) throw new Error('Redlock must be instantiated with at least one redis client.');
    this.settings = withSettings(DEFAULT_SETTINGS, settings);
    const resolved = resolveScripts(scripts);
    const members = [...this.#clients].map((one) => new QuorumMember(one, callsOf(one), resolved));
    this.#quorum = new Quorum(members, (error) => {
      this.#tell(error);
    });
  }

  /** The clients that it was given. */
  get clients(): ReadonlySet<RedlockClient> {
    return this.#clients;
  }

  /**
   * Takes all of the resources, or none. It tries again as the settings say.
   *
   * @param resources Names of keys. On a Cluster all of them must be in one hash slot.
   * @param duration Milliseconds after which the lock runs out; a whole number. It is not extended by itself: `using` does that.
   * @param settings For this call: `retryCount: 0` tries once.
   * @throws ExecutionError if it did not get the lock.
   *
   * @example
   * ```ts
   * import { Redis } from 'ioredis';
   * import Redlock from 'rxlock/compat/redlock';
   *
   * const redlock = new Redlock([new Redis()]);
   * let lock = await redlock.acquire(['accounts/1'], 5000);
   * try {
   *   lock = await lock.extend(5000); // 5 s from now
   * } finally {
   *   await lock.release();
   * }
   * await redlock.quit();
   * ```
   */
  async acquire(resources: readonly string[], duration: number, settings?: Partial<Settings>): Promise<Lock> {
    return this.#lock(await this.#take(resources, duration, withSettings(this.settings, settings)));
  }

  /**
   * Gives a lock back. It waits a second at most, and then goes on trying in the background.
   *
   * @returns What the clients answered.
   * @throws ExecutionError if it was not held any more, or if too few clients answered.
   */
  async release(lock: Lock): Promise<ExecutionResult> {
    const rest = deadlineOf(lock) - systemClock().elapsed();
    end(lock);
    return this.#quorum.release(this.#stakeOf(lock), Math.max(rest, MIN_REST));
  }

  /**
   * Makes a lock end `duration` from now; it never becomes shorter. It tries again while there is time.
   *
   * @param duration Milliseconds, a whole number.
   * @param settings For this call.
   * @returns The lock to use from now on, in place of `lock`.
   * @throws ExecutionError if it has expired, or is another's.
   */
  async extend(lock: Lock, duration: number, settings?: Partial<Settings>): Promise<Lock> {
    checkDuration(duration);
    const merged = withSettings(this.settings, settings);
    const until = deadlineOf(lock);
    if (systemClock().elapsed() >= until) throw failed('expired', [], 'extension');
    const extended = this.#lock(await this.#quorum.extend(this.#stakeOf(lock), until, duration, merged));
    end(lock);
    return extended;
  }

  /**
   * Runs work under a lock, which is extended until the work has ended, and given back then.
   *
   * @param resources What is to be held.
   * @param duration Milliseconds that each extension asks for; at least 100 more than `automaticExtensionThreshold`.
   * @param settings For this call; may be left out.
   * @param routine The work. Its signal aborts when the lock is lost: at its deadline at the latest.
   * @returns What the work gives.
   * @throws What the work throws; else an ExecutionError if it did not get the lock, or lost it.
   *
   * @example
   * ```ts
   * import { Redis } from 'ioredis';
   * import Redlock from 'rxlock/compat/redlock';
   *
   * const redlock = new Redlock([new Redis()]);
   * const left = await redlock.using(['accounts/1'], 5000, { retryCount: 0 }, async (signal) => {
   *   if (signal.aborted) throw signal.error; // between two steps: stop if the lock is lost
   *   return 20;
   * });
   * console.log(left);
   * await redlock.quit();
   * ```
   */
  async using<T>(
    resources: readonly string[],
    duration: number,
    settings: Partial<Settings>,
    routine?: Routine<T>,
  ): Promise<T>;
  async using<T>(resources: readonly string[], duration: number, routine: Routine<T>): Promise<T>;
  async using<T>(
    resources: readonly string[],
    duration: number,
    settings: Partial<Settings> | Routine<T>,
    optionalRoutine?: Routine<T>,
  ): Promise<T> {
    const routine = typeof settings === 'function' ? settings : optionalRoutine;
    if (typeof routine !== 'function') throw new Error('INVARIANT: routine is not a function.');
    const merged = withSettings(this.settings, typeof settings === 'function' ? {} : settings);
    checkDuration(duration);
    if (duration < merged.automaticExtensionThreshold + ROOM) {
      throw new Error(
        'A lock `duration` must be at least 100ms greater than the `automaticExtensionThreshold` setting.',
      );
    }
    const won = await this.#take(resources, duration, merged);
    return runUnder(this.#quorum, won, { duration, settings: merged }, routine);
  }

  /** Ends its own connections, and those of the clients. Locks that are held are not given back: they run out. */
  async quit(): Promise<void> {
    this.#quorum.close();
    await Promise.all([...this.#clients].map(endClient));
  }

  #take(resources: readonly string[], duration: number, settings: Settings): Promise<Won> {
    checkDuration(duration);
    if (!Array.isArray(resources) || !resources.every((one) => typeof one === 'string')) {
      throw invalid('resources', 'is not a list of names');
    }
    return this.#quorum.acquire(resources, duration, settings);
  }

  #lock({ deadline, stake, attempts }: Won): Lock {
    const lock = lockUntil(deadline, this, stake, attempts);
    this.#stakes.set(lock, stake);
    return lock;
  }

  /** A lock may have been made by a program, of what it knows. */
  #stakeOf(lock: Lock): Stake {
    return this.#stakes.get(lock) ?? new Stake(lock.resources, lock.value);
  }

  /** Nobody has to listen. */
  #tell(error: Error): void {
    if (this.listenerCount('error') > 0) reportErrors(() => this.emit('error', error));
  }
}

function checkDuration(duration: number): void {
  if (!Number.isInteger(duration) || duration < 1) {
    throw new Error('Duration must be an integer value in milliseconds.');
  }
}
