import { Calls } from '../../../backends/redis/wire/calls.js';
import { openPort } from '../../../backends/redis/wire/open-port.js';
import { restOf } from '../../../values/rest-of.js';
import { schedulerTimer } from '../../../values/scheduler-timer.js';
import { systemRuntime } from '../../../values/system-runtime.js';
import { Timeouts } from '../../../values/timeouts.js';
import type { RedlockClient } from '../document/types.js';
import { ANSWER } from './quorum-member.js';

/** Makes connections like those of a client, with our own time limits. They keep no process alive that waits for nothing. */
export function callsOf(client: RedlockClient): Calls {
  const { clock, scheduler } = systemRuntime;
  const timeouts = new Timeouts(() => clock.elapsed(), schedulerTimer(scheduler), restOf(scheduler));
  return new Calls({ port: openPort(client), clock, timeouts, timeout: ANSWER });
}
