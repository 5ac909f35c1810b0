import type { Observable } from 'rxjs';
import type { LockClosedError } from '../../../contract/errors.js';
import type { Runtime } from '../../../contract/time.js';
import { restOf } from '../../../values/rest-of.js';
import { schedulerTimer } from '../../../values/scheduler-timer.js';
import { Timeouts } from '../../../values/timeouts.js';
import type { CommonSettings } from '../client/settings.js';
import type { RedisEngine } from '../common-backend.js';
import { RedisAttempts } from '../locks/attempts.js';
import type { Desk } from '../locks/desk.js';
import { Doubts } from '../locks/doubts.js';
import { RedisOutbox } from '../locks/outbox.js';
import { Owners } from '../locks/owners.js';
import { Renewals } from '../locks/renewals.js';
import { Returns } from '../locks/returns.js';
import { ping } from '../telling/ping.js';
import { Statuses } from '../telling/statuses.js';
import { Calls } from '../wire/calls.js';
import type { RedisPort } from '../wire/port.js';
import type { AcquireContext } from '../locks/acquire-ask.js';
import { PlainAcquiring } from './plain-acquiring.js';
import { PlainKeys } from './plain-keys.js';
import { plainVerbs } from './plain-verbs.js';

/** Plain locks on one Redis. */
export class PlainEngine implements RedisEngine {
  readonly calls: Calls;
  readonly attempts: RedisAttempts;
  readonly renewals: Renewals;
  readonly returns: Returns;
  readonly statuses: Statuses;
  readonly doubts: Doubts;

  constructor(port: RedisPort, { prefix, timeout, replicas }: CommonSettings, { clock, scheduler }: Runtime) {
    const timeouts = new Timeouts(() => clock.elapsed(), schedulerTimer(scheduler), restOf(scheduler));
    this.calls = new Calls({ port, clock, timeouts, timeout });
    const verbs = plainVerbs();
    const desk: Desk = {
      clock,
      timeouts,
      calls: this.calls,
      outbox: new RedisOutbox({ calls: this.calls, clock, verbs, timeout, replicas }),
      verbs,
      owners: new Owners(),
      keys: new PlainKeys(prefix),
      timeout,
      lockDelay: 0,
    };
    this.doubts = new Doubts(desk);
    const context: AcquireContext = { desk, doubts: this.doubts };
    this.attempts = new RedisAttempts((request, sink, settled) => new PlainAcquiring(request, sink, context, settled));
    this.renewals = new Renewals(desk);
    this.returns = new Returns(desk);
    this.statuses = new Statuses(desk, scheduler);
  }

  ping(): Observable<never> {
    return ping(this.calls);
  }

  async close(error: LockClosedError): Promise<void> {
    this.attempts.close(error);
    await this.doubts.close();
    this.calls.close(error);
  }
}
