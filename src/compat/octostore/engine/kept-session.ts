import { catchError, EMPTY, map, of, type Observable, type Observer, type Subscription } from 'rxjs';
import type { OctoStoreSession } from '../../../backends/octostore/sessions/session.js';
import type { Bound, Grant, Renewal } from '../../../contract/backend.js';
import type { LostReason } from '../../../contract/lease.js';
import type { Runtime } from '../../../contract/time.js';
import { Keeper } from '../../../keeping/keeper.js';
import { Kept } from '../../../keeping/kept.js';
import { RENEW_RATIO, SAFETY_FACTOR } from '../../../keeping/lease-rule.js';

export interface KeptSessionOptions {
  readonly runtime: Runtime;
  /** Asked before each keep-alive. */
  readonly isNeeded: (session: OctoStoreSession) => boolean;
  /** Emits the new bound. Errors if there is none; `session.gone` tells whether that is final. */
  readonly keepAlive: (session: OctoStoreSession) => Observable<Bound>;
}

/** A session that is kept alive as a lease is, by a keeper of its own: there is one session, or few. */
export class KeptSession extends Kept {
  readonly ttl: number;
  readonly grant: Grant = { name: '' };
  readonly renewRatio = RENEW_RATIO;
  readonly safetyFactor = SAFETY_FACTOR;
  private readonly keeper: Keeper;
  private arming: Subscription | undefined;

  /** @param end Completes when nobody needs it any more, errors when it is lost. */
  constructor(
    private readonly session: OctoStoreSession,
    private readonly options: KeptSessionOptions,
    private readonly end: Pick<Observer<never>, 'complete' | 'error'>,
  ) {
    super();
    const { scheduler } = options.runtime;
    this.ttl = session.bound.ttl;
    this.keeper = new Keeper(options.runtime, { renew: () => this.renew() }, () => {
      this.arming ??= scheduler.schedule(() => {
        this.arming = undefined;
        this.keeper.arm();
      });
    });
    this.keep();
  }

  /** Keeps it alive no longer, and tells nothing. */
  stop(): void {
    this.keeper.stop();
    this.arming?.unsubscribe();
  }

  renewed(): void {
    // Nobody waits for it.
  }

  uncertain(): void {
    // There is time to try again.
  }

  lost(reason: LostReason, cause: unknown): void {
    // Whoever took a lock meanwhile has asked by himself, and may have been confirmed.
    if (reason === 'expired' && Math.floor(this.session.bound.sentAt) > this.confirmedAt) this.keep();
    else this.end.error(cause);
  }

  private keep(): void {
    this.keeper.add(this, [this.session.bound], true, this.options.runtime.clock.elapsed());
  }

  private renew(): Observable<Renewal> {
    const { session, options } = this;
    if (!options.isNeeded(session)) {
      this.end.complete();
      return EMPTY;
    }
    return options.keepAlive(session).pipe(
      map((bound): Renewal => ({ index: 0, outcome: 'renewed', bounds: [bound] })),
      catchError((cause: unknown) => of<Renewal>({ index: 0, outcome: session.gone ? 'refused' : 'unknown', cause })),
    );
  }
}
