import type { Observable } from 'rxjs';
import type { LockClosedError } from '../../../contract/errors.js';
import type { Runtime } from '../../../contract/time.js';
import type { CommonSettings } from '../client/settings.js';
import type { RedisEngine } from '../common-backend.js';
import { RedisAttempts } from '../locks/attempts.js';
import { PlainEngine } from '../plain/plain-engine.js';
import type { RedisPort } from '../wire/port.js';
import { QuorumAcquiring } from './quorum-acquiring.js';
import { QuorumRenewals } from './quorum-renewals.js';
import { QuorumReturns } from './quorum-returns.js';
import { QuorumStatuses } from './quorum-statuses.js';

/** Locks on a majority of several servers. */
export class QuorumEngine implements RedisEngine {
  readonly attempts: RedisAttempts;
  readonly renewals: QuorumRenewals;
  readonly returns: QuorumReturns;
  readonly statuses: QuorumStatuses;
  private readonly servers: readonly PlainEngine[];

  constructor(ports: readonly RedisPort[], settings: CommonSettings, runtime: Runtime) {
    const { clock, scheduler } = runtime;
    this.servers = ports.map((port) => new PlainEngine(port, settings, runtime));
    this.attempts = new RedisAttempts((request, sink, settled) => {
      sink.add(settled);
      return new QuorumAcquiring(request, sink, this.servers, clock);
    });
    this.renewals = new QuorumRenewals(this.servers, clock);
    this.returns = new QuorumReturns(this.servers);
    this.statuses = new QuorumStatuses(this.servers, scheduler);
  }

  ping(): Observable<never> {
    return this.statuses.ping();
  }

  async close(error: LockClosedError): Promise<void> {
    this.attempts.close(error);
    await Promise.all(this.servers.map((server) => server.close(error)));
  }
}
