import { LockConfigError, LockLostError } from '../contract/errors.js';
import type { Lease } from '../contract/lease.js';
import type { Locks } from '../contract/locks.js';
import type { LockOptions } from '../contract/options.js';
import type { Duration } from '../contract/time.js';
import { invalid } from '../values/invalid.js';
import { lossOf } from '../values/loss-of.js';
import { refuseUnknown } from '../values/refuse-unknown.js';
import { show } from '../values/show.js';
import { lockName } from './lock-name.js';

/** Options of {@link runCoordinator}. */
export interface CoordinatorOptions extends Pick<LockOptions, 'maxHold' | 'metadata'> {
  /** How long the service keeps the lock if it hears nothing from this program. `'30s'` by default. Not a limit for a run. */
  readonly ttl?: Duration | undefined;
  /**
   * What is locked. `'tick'` (the default): each tick, so one process runs it. A run that takes longer than the time between two
   * ticks may overlap with the next one, in another process. `'task'`: the task, so no two runs of it overlap in any process: while one
   * is going on, ticks are skipped. It needs a `minHold`.
   */
  readonly per?: 'tick' | 'task' | undefined;
  /**
   * How long the lock stays taken, at least, counted from the start of the run: longer than the clocks of your machines differ, and
   * than any of them is late. With `per: 'tick'` it is the task's `distributedLease` by default (node-cron's default: 30 s). With
   * `per: 'task'` it must be shorter than the time between two ticks.
   */
  readonly minHold?: Duration | undefined;
  /** Put before the names of tasks. `'cron/'` by default. */
  readonly prefix?: string | undefined;
}

/** As much of what node-cron gives to a task as says which run it is. */
export interface TaskRun {
  readonly date: Date;
  readonly task?: { readonly name?: string | undefined } | undefined;
}

/** What {@link runCoordinator} gives: a `RunCoordinator` of node-cron, which knows the leases of the runs. */
export interface LocksCoordinator {
  /** Called by node-cron. A rejection skips the run. */
  shouldRun(key: string, ttlMs: number): Promise<boolean>;
  /** Called by node-cron. Rejects with `LockLostError` if the lock was lost during the run, and node-cron logs that. */
  onComplete(key: string): Promise<void>;
  /**
   * The lease of a run: its `signal` aborts if the lock is lost, its `fencingToken` goes with what the run writes.
   *
   * @param run What node-cron calls the task with.
   * @throws LockConfigError if this coordinator did not start that run: it was started by hand, or in the process of a background task.
   */
  leaseOf(run: TaskRun): Lease;
}

const KNOWN: ReadonlySet<string> = new Set(['ttl', 'per', 'minHold', 'maxHold', 'metadata', 'prefix']);

/**
 * Makes a run coordinator for node-cron 4: of several processes with the same task, one runs it at each tick. If the lock
 * service cannot be reached, none does.
 *
 * The lock is renewed while the task runs. node-cron cannot stop a task: it has to look at `leaseOf(context).signal` itself.
 *
 * @param locks What `createLocks()` gave.
 * @param options `ttl` (`'30s'`), `per` (`'tick'`), `minHold`, `maxHold`, `metadata`, `prefix` (`'cron/'`).
 * @throws LockValidationError, LockConfigError for bad arguments, with the `option`.
 *
 * @example
 * ```ts
 * import cron from 'node-cron';
 * import { createLocks, memory } from 'rxlock';
 * import { runCoordinator } from 'rxlock/node-cron';
 *
 * const locks = createLocks(memory());
 * const coordinator = runCoordinator(locks, { ttl: '30s' });
 * const task = cron.schedule(
 *   '* * * * * *',
 *   async (context) => {
 *     const { signal, fencingToken } = coordinator.leaseOf(context);
 *     signal.throwIfAborted(); // between two steps: stop if the lock is lost
 *     console.log('runs with token', fencingToken);
 *   },
 *   { name: 'nightly-report', distributed: true, runCoordinator: coordinator },
 * );
 * task.once('execution:finished', () => void task.destroy());
 * ```
 */
export function runCoordinator(locks: Locks, options: CoordinatorOptions = {}): LocksCoordinator {
  if (typeof locks?.tryAcquire !== 'function') throw invalid('locks', 'is not what createLocks() gives');
  const { ttl, per, prefix, ...holding } = checked(locks, options);
  const leases = new Map<string, Lease>();
  return {
    async shouldRun(key, ttlMs) {
      const minHold = holding.minHold ?? ttlMs;
      const lease = await locks.tryAcquire(lockName(key, prefix, per), ttl, { ...holding, minHold });
      if (lease !== null) leases.set(key, lease);
      return lease !== null;
    },
    async onComplete(key) {
      const lease = leases.get(key);
      leases.delete(key);
      if (lease === undefined) return;
      const end = lease.isHeld ? undefined : lossOf(lease);
      await lease.release();
      // It has no reason if the task itself, or `close()`, has given the lock back.
      if (end instanceof LockLostError && end.reason !== undefined) throw end;
    },
    leaseOf({ date, task }) {
      const lease = leases.get(`${task?.name ?? ''}:${date.toISOString()}`);
      if (lease !== undefined) return lease;
      throw new LockConfigError('leaseOf: this run was not let by this coordinator, or it is over');
    },
  };
}

/** With the defaults filled in. */
interface Checked extends Omit<CoordinatorOptions, 'ttl' | 'per' | 'prefix'> {
  readonly ttl: Duration;
  readonly per: 'tick' | 'task';
  readonly prefix: string;
}

/** A stream of a lock is checked when it is made, and asks for nothing until it is subscribed to. */
function checked(locks: Locks, options: CoordinatorOptions): Checked {
  refuseUnknown(options, KNOWN);
  const { ttl = '30s', per = 'tick', prefix = 'cron/', ...holding } = options;
  if (typeof prefix !== 'string') throw invalid('prefix', 'is not a string');
  if (per !== 'tick' && per !== 'task') throw invalid('per', `${show(per)} is neither 'tick' nor 'task'`);
  if (per === 'task' && holding.minHold === undefined) {
    const bounds = 'longer than the clocks of your machines differ, shorter than the time between two ticks';
    throw new LockConfigError(`minHold is needed with per: 'task': ${bounds}`, { option: 'minHold' });
  }
  locks.lock$(`${prefix}task`, ttl, holding);
  return { ...holding, ttl, per, prefix };
}
