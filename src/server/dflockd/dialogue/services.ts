import type { Buffers } from '../../buffers.js';
import type { Effort } from '../../effort.js';
import type { Rota } from '../../rota.js';
import type { Timeouts } from '../../../values/timeouts.js';
import type { Turn } from '../../turn.js';
import type { Auth } from './auth.js';
import type { Guesses } from '../../guesses.js';
import type { SharedText } from './shared-text.js';
import type { Traces } from '../desk/traces.js';
import type { LockDesk } from '../desk/lock-desk.js';
import type { SignalHub } from '../signals/signal-hub.js';

/** What the dialogues of one front share. Times are milliseconds; Infinity: none. */
export interface Services {
  readonly now: () => number;
  readonly timeouts: Timeouts;
  readonly turn: Turn;
  readonly rota: Rota;
  readonly effort: Effort;
  readonly buffers: Buffers;
  readonly defaultLease: number;
  readonly readTimeout: number;
  readonly writeTimeout: number;
  /** Undefined: nobody is asked. */
  readonly auth: Auth | undefined;
  readonly guesses: Guesses;
  readonly traces: Traces;
  readonly desk: LockDesk;
  readonly signals: SignalHub;
  /** JSON. */
  readonly stats: SharedText;
}
