import type { SessionLimits } from '../../../native/from-server.js';
import type { FrontKit } from '../../front-kit.js';
import type { FrontLog } from '../../front-log.js';
import type { FrontMeters } from '../../meters.js';
import type { Beliefs } from '../desk/beliefs.js';
import type { Care } from '../desk/care.js';
import type { Transfers } from '../desk/transfers.js';
import type { NativeDesk } from '../desk/native-desk.js';
import type { SessionBook } from '../desk/session-book.js';

/** What the dialogues of one front share. */
export interface NativeServices {
  readonly kit: FrontKit;
  readonly meters: FrontMeters;
  readonly log: FrontLog;
  /** That the server speaks. */
  readonly versions: readonly number[];
  /** What a client is held to, as it is told. */
  readonly limits: SessionLimits;
  /** Have grants fencing tokens? */
  readonly fencing: boolean;
  readonly book: SessionBook;
  readonly desk: NativeDesk;
  readonly transfers: Transfers;
  readonly beliefs: Beliefs;
  readonly care: Care;
}
