import type { Subscription } from 'rxjs';
import type { DflockdHolding } from '../../../backends/dflockd/locks/holding.js';
import { DflockdRenewals } from '../../../backends/dflockd/locks/renewals.js';
import type { Grant } from '../../../contract/backend.js';
import { SAFETY_FACTOR } from '../../../keeping/lease-rule.js';
import { Keeper } from '../../../keeping/keeper.js';
import { Kept } from '../../../keeping/kept.js';
import { systemClock } from '../../../values/system-clock.js';
import { systemRuntime } from '../../../values/system-runtime.js';
import type { ChannelHoldings } from '../channel/channel-holdings.js';
import { readRenewal } from '../channel/told.js';

/** Renewal begins by this part of a lease at the latest, so that there is time to try again. */
const MAX_RATIO = 0.4;
const SETTLED = Promise.resolve();

/** A lock that is held, on the connection that owns it. It has a keeper of its own, as it has a connection of its own. */
export class KeptLock extends Kept {
  readonly ttl: number;
  readonly grant: Grant;
  readonly renewRatio: number;
  readonly safetyFactor = SAFETY_FACTOR;
  private readonly keeper: Keeper;
  private readonly revocations: Subscription;

  /**
   * @param ratio Renewal begins at this part of its lease.
   * @param lease Seconds that each renewal asks for.
   * @param gone Called once, if it is lost.
   */
  constructor(
    { book, revoked$ }: ChannelHoldings,
    holding: DflockdHolding,
    ratio: number,
    lease: number,
    private readonly gone: () => void,
  ) {
    super();
    this.ttl = lease * 1000;
    this.grant = holding.grant;
    this.renewRatio = Math.min(ratio, MAX_RATIO);
    // Renewals go out at the time that the document says, and not a little earlier by chance.
    const runtime = { ...systemRuntime, random: () => 0 };
    const { clock } = runtime;
    const renewals = new DflockdRenewals(book, clock, (line, asked) => readRenewal(line, asked)?.seconds);
    this.keeper = new Keeper(runtime, renewals, () => {
      void SETTLED.then(() => {
        this.keeper.arm();
      });
    });
    this.revocations = revoked$.subscribe(({ grants, reason, cause }) => {
      this.keeper.revoke(grants, reason, cause);
    });
    // What is read once a tick must know where it began.
    clock.sync?.();
    this.keeper.add(this, book.tell(holding), true, clock.elapsed());
  }

  /** Is it still held? Asks the clock, so that a timer that comes late harms nobody. */
  get isHeld(): boolean {
    if (this.position >= 0 && this.hasExpired(systemClock().elapsed())) this.keeper.expire(this);
    return this.position >= 0;
  }

  /** Renews no more, and is never lost. */
  stop(): void {
    this.revocations.unsubscribe();
    this.keeper.stop();
  }

  renewed(): void {
    // The document has no word for it.
  }

  uncertain(): void {
    // Nor for this.
  }

  lost(): void {
    this.stop();
    this.gone();
  }
}
