import type { SchedulerLike } from 'rxjs';
import type { Retention } from '../contract/retention.js';

/** A lease that work may keep past the end of its subscription. */
export interface Retained {
  readonly scheduler: SchedulerLike;
  /** One of those who keep it has let go. */
  letGo(): void;
  /** One of those who keep it has given up on its work. */
  giveUp(): void;
  /** Tells `events$` of a clean-up that failed. */
  cleanUpFailed(error: unknown): void;
}

/** Keeps a lease for one of those who need it longer: it lets go once, or gives up once. */
export function leaseRetention(lease: Retained): Retention {
  let open = true;
  const once = (end: () => void) => (): void => {
    if (!open) return;
    open = false;
    end();
  };
  return {
    scheduler: lease.scheduler,
    release: once(() => {
      lease.letGo();
    }),
    abandon: once(() => {
      lease.giveUp();
    }),
    fail(error) {
      lease.cleanUpFailed(error);
    },
  };
}
