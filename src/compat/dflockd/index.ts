export { acquire } from './functions/acquire.js';
export { DistributedLock } from './locks/distributed-lock.js';
export { DistributedSemaphore } from './locks/distributed-semaphore.js';
export { enqueue } from './functions/enqueue.js';
export type { KinErrorOptions as DflockdErrorOptions } from '../kin-error.js';
export { AcquireTimeoutError, AuthError, LockError } from './document/errors.js';
export type {
  DistributedLockOptions,
  DistributedOptions,
  DistributedSemaphoreOptions,
  ForceOptions,
} from './document/options.js';
export { publish } from './functions/publish.js';
export { release } from './functions/release.js';
export { renew } from './functions/renew.js';
export { semAcquire } from './functions/sem-acquire.js';
export { semEnqueue } from './functions/sem-enqueue.js';
export { semRelease } from './functions/sem-release.js';
export { semRenew } from './functions/sem-renew.js';
export { semWaitForLock } from './functions/sem-wait-for-lock.js';
export { SignalConnection, type SignalConnectOptions } from './signals/signal-connection.js';
export { stableHashShard } from './functions/stable-hash-shard.js';
export { stats } from './functions/stats.js';
export type {
  AcquireResult,
  ConnectOptions,
  EnqueueResult,
  IdleStats,
  LockStats,
  SemaphoreStats,
  Signal,
  Stats,
} from './document/types.js';
export { waitForLock } from './functions/wait-for-lock.js';
