import type { Revocation } from '../../../contract/backend.js';
import type { Clock } from '../../../contract/time.js';
import type { SocketLine } from '../client/socket-line.js';
import type { SocketPulse } from './socket-pulse.js';
import type { SocketBook } from './socket-book.js';

/** Who the server takes for the holder of what is asked for, unless another is named. */
export interface SessionHolder {
  /** Who asked first. */
  first: string | undefined;
  /** What was said when the session began. */
  told: string | undefined;
}

/** What all who deal with locks share. */
export interface Desk {
  readonly clock: Clock;
  readonly line: SocketLine;
  readonly book: SocketBook;
  readonly pulse: SocketPulse;
  /** `host:port`, for messages. */
  readonly where: string;
  readonly holder: SessionHolder;
  /** Do grants have fencing tokens? */
  readonly fencing: boolean;
  readonly revoked: (revocation: Revocation) => void;
}
