export { dflockd } from './dflockd.js';
export type { DflockdBackend, DflockdFeatures, DflockdListenOptions } from './dflockd-backend.js';
export type { DflockdOptions, DflockdServerAddress, DflockdTlsOptions } from './options.js';
export type { DflockdSignal } from './signals.js';
export type {
  DflockdChannelStats,
  DflockdIdleStats,
  DflockdLockStats,
  DflockdSemaphoreStats,
  DflockdStats,
} from './stats.js';
