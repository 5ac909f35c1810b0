import type { Buffers } from '../../buffers.js';
import type { Effort } from '../../effort.js';
import type { Guesses } from '../../guesses.js';
import type { FrontLog } from '../../front-log.js';
import type { FrontMeters } from '../../meters.js';
import type { Principals } from '../../principals.js';
import type { Rota } from '../../rota.js';
import type { Timeouts } from '../../../values/timeouts.js';
import type { Turn } from '../../turn.js';
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
  readonly meters: FrontMeters;
  readonly log: FrontLog;
  readonly defaultLease: number;
  readonly readTimeout: number;
  /** Is a client not closed for its silence while it holds a lock? */
  readonly holdersMayBeSilent: boolean;
  readonly writeTimeout: number;
  /** The longest that anybody may ask for. */
  readonly maxLease: number;
  /** What one client may ask for. */
  readonly operationsPerSecond: number;
  /** Bytes that one client may leave with the server. */
  readonly bufferedPerClient: number;
  readonly principals: Principals;
  readonly guesses: Guesses;
  readonly traces: Traces;
  readonly desk: LockDesk;
  readonly signals: SignalHub;
  /** JSON. */
  readonly stats: SharedText;
}
