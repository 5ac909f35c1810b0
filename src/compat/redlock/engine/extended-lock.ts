import type { LockBackend } from '../../../contract/backend.js';
import type { LostReason } from '../../../contract/lost-reason.js';
import { Keeper } from '../../../keeping/keeper.js';
import { Kept } from '../../../keeping/kept.js';
import { systemRuntime } from '../../../values/system-runtime.js';
import { ExecutionError } from '../document/errors.js';
import type { Settings } from '../document/settings.js';
import type { ExecutionStats } from '../document/types.js';
import type { Stake } from './stake.js';
import { failed } from './failed.js';
import type { Quorum, Won } from './quorum.js';
import { validity } from './validity.js';

/** It is extended after this part of its time at the earliest, however large the threshold is. */
const MIN_RATIO = 0.1;
const SETTLED = Promise.resolve();

/** A lock that is extended while work runs under it. One extension that failed is no loss while there is time for another. */
export class ExtendedLock extends Kept {
  readonly ttl: number;
  readonly grant: Stake;
  readonly safetyFactor: number;
  readonly renewRatio: number;
  private readonly keeper: Keeper;
  private readonly attempts: Promise<ExecutionStats>[] = [];
  private loss: ExecutionError | undefined;

  /**
   * @param duration Milliseconds that each extension asks for.
   * @param told Hears of its loss, once.
   */
  constructor(
    quorum: Quorum,
    { stake, sentAt }: Won,
    duration: number,
    settings: Settings,
    private readonly told: (error: ExecutionError) => void,
  ) {
    super();
    const valid = validity(duration, settings.driftFactor);
    this.ttl = duration;
    this.grant = stake;
    this.safetyFactor = valid / duration;
    this.renewRatio = Math.max(valid - settings.automaticExtensionThreshold, valid * MIN_RATIO) / duration;
    // Extensions go out at the time that the document says, and not a little earlier by chance.
    const runtime = { ...systemRuntime, random: () => 0 };
    const renew: LockBackend['renew'] = (stakes, durations) => quorum.renew(stakes, durations, settings);
    this.keeper = new Keeper(runtime, { renew }, () => {
      void SETTLED.then(() => {
        this.keeper.arm();
      });
    });
    // What is read once a tick must know where it began.
    runtime.clock.sync?.();
    this.keeper.add(this, [{ sentAt, ttl: duration }], true, runtime.clock.elapsed());
  }

  /** Why it is lost, if it is. Asks the clock: a timer that comes late harms nobody. */
  get error(): ExecutionError | undefined {
    if (this.position >= 0 && this.hasExpired(systemRuntime.clock.elapsed())) this.keeper.expire(this);
    return this.loss;
  }

  /** Extends it no more: from now on it is not lost. */
  stop(): void {
    this.keeper.stop();
  }

  renewed(): void {
    this.attempts.length = 0;
  }

  uncertain(cause: unknown): void {
    if (cause instanceof ExecutionError) this.attempts.push(...cause.attempts);
  }

  lost(reason: LostReason, cause: unknown): void {
    this.stop();
    const refused = reason === 'refused' && cause instanceof ExecutionError;
    this.loss = refused ? cause : failed('expired', this.attempts, 'expired');
    this.told(this.loss);
  }
}
