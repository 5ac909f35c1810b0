import { defer, ignoreElements, type Observable } from 'rxjs';
import type { LockBackend } from '../../../contract/backend.js';
import type { LockStatus } from '../../../contract/status.js';
import { withJson } from '../../../values/backend-json.js';
import { LifeCycle } from '../../../values/life-cycle.js';
import { systemRuntime } from '../../../values/system-runtime.js';
import { checkName } from '../client/check-name.js';
import { closedError } from '../client/closed-error.js';
import { MIN_TTL, type CommonSettings } from '../client/settings.js';
import { ping } from '../telling/ping.js';
import type { RedisPort } from '../wire/port.js';
import { PlainEngine } from './plain-engine.js';
import { PLAIN_FEATURES, type PlainFeatures } from './plain-features.js';

/** What `redis(client, { keys: 'plain' })` makes: a backend for `createLocks`. */
export interface PlainBackend extends LockBackend<PlainFeatures> {
  watch(name: string): Observable<LockStatus>;
  ping(): Observable<void>;
}

/** A plain object of closures: nothing secret can be reached from it, so nothing can be printed. */
export function plainBackend(port: RedisPort, settings: CommonSettings): PlainBackend {
  const client = new LifeCycle({
    maker: 'redis',
    start: (runtime) => new PlainEngine(port, settings, runtime),
    end: async (engine) => {
      if (engine === undefined) port.close();
      else await engine.close(closedError());
    },
    closedError,
    runtime: systemRuntime,
  });

  return withJson<PlainBackend>({
    name: 'redis with plain keys',
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
    ping: () => client.whileOpen(({ calls }) => defer(() => ping(calls))).pipe(ignoreElements()),
    close: () => client.close(),
  });
}
