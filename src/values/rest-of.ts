import type { SchedulerLike } from 'rxjs';
import { systemScheduler } from './system-scheduler.js';

/** Milliseconds; a process that ends may wait so much longer. */
const REST = 20;

/**
 * Tells how long a timer stays for which there is nothing to do, in milliseconds: who takes lock after lock would have it
 * set up, and taken back, for each. In virtual time that costs nothing, and who looks for what is left finds nothing.
 */
export function restOf(scheduler: SchedulerLike): number {
  return scheduler === systemScheduler ? REST : 0;
}
