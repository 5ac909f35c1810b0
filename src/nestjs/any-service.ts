import { EMPTY, NEVER } from 'rxjs';
import type { LockBackend } from '../contract/backend.js';
import { ALL_FEATURES } from '../values/all-features.js';
import { MAX_DURATION } from '../values/duration.js';

/** Stands for a service that is not known yet, and can do everything: what arguments are checked with. It is never asked for a lock. */
export const ANY_SERVICE: LockBackend = {
  name: 'any service',
  features: ALL_FEATURES,
  ttl: { min: 1000, max: MAX_DURATION, step: 1 },
  acquire: () => NEVER,
  renew: () => EMPTY,
  release: () => EMPTY,
  status: () => NEVER,
  close: () => Promise.resolve(),
};
