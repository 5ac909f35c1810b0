import type { Observable } from 'rxjs';
import type { LockBackend } from '../../../contract/backend.js';
import { LockConfigError } from '../../../contract/errors.js';
import type { LockStatus } from '../../../contract/status.js';
import { withJson } from '../../../values/backend-json.js';
import { LifeCycle } from '../../../values/life-cycle.js';
import { systemRuntime } from '../../../values/system-runtime.js';
import { checkName } from '../client/check-name.js';
import { closedError } from '../client/closed-error.js';
import { MIN_TTL, type CommonSettings } from '../client/settings.js';
import { PLAIN_FEATURES, type PlainFeatures } from '../plain/plain-features.js';
import type { RedisPort } from '../wire/port.js';
import { QuorumEngine } from './quorum-engine.js';

/** What `redis([a, b, c])` makes: a backend for `createLocks`. */
export interface QuorumBackend extends LockBackend<PlainFeatures> {
  watch(name: string): Observable<LockStatus>;
  ping(): Observable<void>;
}

/** A plain object of closures: nothing secret can be reached from it, so nothing can be printed. */
export function quorumBackend(ports: readonly RedisPort[], settings: CommonSettings): QuorumBackend {
  const client = new LifeCycle({
    maker: 'redis',
    start: (runtime) => new QuorumEngine(ports, settings, runtime),
    end: async (engine) => {
      if (engine === undefined) for (const port of ports) port.close();
      else await engine.close(closedError());
    },
    closedError,
    runtime: systemRuntime,
  });

  return withJson<QuorumBackend>({
    name: 'redis',
    features: PLAIN_FEATURES,
    ttl: { min: MIN_TTL, max: settings.maxTtl, step: 1 },
    open(runtime) {
      client.open(runtime);
    },
    validateName: checkName,
    acquire: (request) => client.use(({ attempts }) => attempts.acquire(request)),
    renew: (grants, ttls) => client.use(({ renewals }) => renewals.renew(grants, ttls)),
    release: (grants, keepFor) => client.use(({ returns }) => returns.release(grants, keepFor)),
    status: (name) => client.whileOpen(({ statuses }) => statuses.status(name)),
    watch: (name) => client.whileOpen(({ statuses }) => statuses.watch(name)),
    ping: () => client.whileOpen(({ statuses }) => statuses.ping()),
    close: () => client.close(),
  });
}

/** @throws LockConfigError for an even number of servers, or one that is there twice. */
export function checkServers(clients: readonly unknown[]): void {
  const why =
    clients.length % 2 === 0
      ? `${String(clients.length)} servers have no more votes than one less: give an odd number of them`
      : new Set(clients).size < clients.length
        ? 'a server is there twice: each must be one of its own'
        : undefined;
  if (why !== undefined) throw new LockConfigError(why, { option: 'client' });
}
