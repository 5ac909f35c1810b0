export { currentLease } from './current-lease.js';
export { InjectLocks } from './inject-locks.js';
export { Locked } from './locked.js';
export type { AnyMethod, LockedMethod, LockedOptions, MaySkip, SkippedMethod, TakesArguments } from './locked-types.js';
export { LocksHealthIndicator, type LocksHealth, type LocksPingOptions } from './locks-health-indicator.js';
export { LocksModule } from './locks-module.js';
export type {
  LocksModuleAsyncOptions,
  LocksModuleOptions,
  LocksOfBackendOptions,
  LocksShutdownOptions,
  NamedLocks,
  ReadyLocksOptions,
} from './locks-module-options.js';
export { getLocksToken } from './get-locks-token.js';
