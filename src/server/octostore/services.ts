import type { FrontKit } from '../front-kit.js';
import type { FrontLog } from '../front-log.js';
import type { FrontMeters } from '../meters.js';
import type { Acls } from './desk/acls.js';
import type { ElectionDesk } from './desk/election-desk.js';
import type { LeaseBook } from './desk/lease-book.js';
import type { LeaseDesk } from './desk/lease-desk.js';
import type { LockViews } from './desk/lock-views.js';
import type { SessionDesk } from './desk/session-desk.js';
import type { WallClock } from './desk/wall-clock.js';
import type { Dialect } from './dialect/dialect.js';
import type { Doorkeeper } from './dialogue/doorkeeper.js';
import type { OctostoreSettings } from './front-options.js';
import type { WatchDesk } from './telling/watch-desk.js';

/** What the routes share. */
export interface Services {
  readonly kit: FrontKit;
  readonly settings: OctostoreSettings;
  readonly meters: FrontMeters;
  readonly log: FrontLog;
  readonly dialect: Dialect;
  readonly clock: WallClock;
  readonly door: Doorkeeper;
  readonly book: LeaseBook;
  readonly views: LockViews;
  readonly leases: LeaseDesk;
  readonly sessions: SessionDesk;
  readonly elections: ElectionDesk;
  readonly acls: Acls;
  readonly watches: WatchDesk;
}
