// The only default export: programs that come from `redlock` import its class so, and only the import is to change.
export { Redlock as default, Redlock } from './redlock.js';
export { ExecutionError, ResourceLockedError } from './document/errors.js';
export { Lock, type LockOwner } from './document/lock.js';
export type { Routine } from './engine/run-under.js';
export type { Settings } from './document/settings.js';
export type {
  ExecutionResult,
  ExecutionStats,
  RedlockAbortSignal,
  RedlockClient,
  RedlockScripts,
} from './document/types.js';
