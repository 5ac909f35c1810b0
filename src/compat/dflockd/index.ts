export { acquire } from './acquire.js';
export { DistributedLock } from './distributed-lock.js';
export { DistributedSemaphore } from './distributed-semaphore.js';
export { enqueue } from './enqueue.js';
export type { KinErrorOptions as DflockdErrorOptions } from '../kin-error.js';
export { AcquireTimeoutError, AuthError, LockError } from './errors.js';
export type {
  DistributedLockOptions,
  DistributedOptions,
  DistributedSemaphoreOptions,
  ForceOptions,
} from './options.js';
export { publish } from './publish.js';
export { release } from './release.js';
export { renew } from './renew.js';
export { semAcquire } from './sem-acquire.js';
export { semEnqueue } from './sem-enqueue.js';
export { semRelease } from './sem-release.js';
export { semRenew } from './sem-renew.js';
export { semWaitForLock } from './sem-wait-for-lock.js';
export { SignalConnection, type SignalConnectOptions } from './signal-connection.js';
export { stableHashShard } from './stable-hash-shard.js';
export { stats } from './stats.js';
export type {
  AcquireResult,
  ConnectOptions,
  EnqueueResult,
  IdleStats,
  LockStats,
  SemaphoreStats,
  Signal,
  Stats,
} from './types.js';
export { waitForLock } from './wait-for-lock.js';
