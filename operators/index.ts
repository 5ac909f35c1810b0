export type { LeaseOf, LockWorkOptions } from './internal/lock-work-options.js';
export { lockMap, type LockMapOptions } from './lock-map.js';
export { ofLockEvent } from './of-lock-event.js';
export { shareLease } from './share-lease.js';
export { tapLock, type LockHandlers } from './tap-lock.js';
export { tryWithLock } from './try-with-lock.js';
export { usingLock } from './using-lock.js';
export { whileLeader, type WhileLeaderOptions } from './while-leader.js';
export { withLock } from './with-lock.js';
