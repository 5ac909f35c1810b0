import type { Timeouts } from '../timeouts.js';
import type { Turn } from '../turn.js';
import type { Auth } from './auth.js';
import type { LockDesk } from './desk/lock-desk.js';
import type { SignalHub } from './signals/signal-hub.js';

/** What the dialogues of one front share. Times are milliseconds; Infinity: none. */
export interface Services {
  readonly now: () => number;
  readonly timeouts: Timeouts;
  readonly turn: Turn;
  readonly defaultLease: number;
  readonly readTimeout: number;
  readonly writeTimeout: number;
  /** Undefined: nobody is asked. */
  readonly auth: Auth | undefined;
  readonly desk: LockDesk;
  readonly signals: SignalHub;
  /** JSON. */
  readonly stats: () => string;
}
