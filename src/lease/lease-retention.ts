import type { SchedulerLike } from 'rxjs';
import type { Retention } from '../contract/retention.js';

/** A lease that work may keep past the end of its subscription. */
export interface Retained {
  readonly scheduler: SchedulerLike;
  /** One of those who keep it has let go; perhaps one that had given up on its work, which has stopped after all. */
  letGo(hadGivenUp: boolean): void;
  /** One of those who keep it has given up on its work. */
  giveUp(): void;
  /** Tells `events$` of a clean-up that failed. */
  cleanUpFailed(error: unknown): void;
}

/** Keeps a lease for one of those who need it longer, who lets go once, and may give up once before that. */
export function leaseRetention(lease: Retained): Retention {
  let isOver = false;
  let hasGivenUp = false;
  return {
    scheduler: lease.scheduler,
    release() {
      if (isOver) return;
      isOver = true;
      lease.letGo(hasGivenUp);
    },
    abandon() {
      if (isOver || hasGivenUp) return;
      hasGivenUp = true;
      lease.giveUp();
    },
    fail(error) {
      lease.cleanUpFailed(error);
    },
  };
}
