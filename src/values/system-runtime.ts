import { systemClock } from './system-clock.js';
import { systemScheduler } from './system-scheduler.js';
import type { Runtime } from '../contract/time.js';

/** Real time, for whoever has no `Locks` to get another from. */
export const systemRuntime: Runtime = {
  get clock() {
    return systemClock();
  },
  scheduler: systemScheduler,
  random: Math.random,
};
