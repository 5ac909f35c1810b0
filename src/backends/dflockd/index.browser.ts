export { dflockd } from './dflockd.browser.js';
export type { DflockdBackend, DflockdFeatures, DflockdListenOptions } from './dflockd-backend.js';
export type { DflockdOptions, DflockdServerAddress, DflockdTlsOptions } from './client/options.js';
export type { DflockdSignal } from './telling/signals.js';
export type {
  DflockdChannelStats,
  DflockdIdleStats,
  DflockdLockStats,
  DflockdSemaphoreStats,
  DflockdStats,
} from './telling/stats.js';
