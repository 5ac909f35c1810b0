import type { Observable } from 'rxjs';
import type { Features, LockBackend } from '../../contract/backend.js';
import type { LockClosedError } from '../../contract/errors.js';
import type { LockStatus } from '../../contract/status.js';
import type { Runtime } from '../../contract/time.js';
import { ServiceLife } from '../../values/service-life.js';
import { systemRuntime } from '../../values/system-runtime.js';
import { checkName } from './client/check-name.js';
import { closedError } from './client/closed-error.js';
import { MIN_TTL } from './client/settings.js';
import type { RedisPort } from './wire/port.js';

/** What works while a backend is open, on one server or several. */
export interface RedisEngine {
  readonly attempts: Pick<LockBackend, 'acquire'>;
  readonly renewals: Pick<LockBackend, 'renew'>;
  readonly returns: Pick<LockBackend, 'release'>;
  readonly statuses: {
    status(name: string): Observable<LockStatus>;
    watch(name: string): Observable<LockStatus>;
  };
  ping(): Observable<never>;
  close(error: LockClosedError): Promise<void>;
}

export interface CommonOptions<E extends RedisEngine, F extends Features> {
  readonly name: string;
  readonly features: F;
  /** Milliseconds. */
  readonly maxTtl: number;
  readonly ports: readonly RedisPort[];
  readonly start: (runtime: Runtime) => E;
}

/** What all backends on Redis can do. */
export interface CommonBackend<F extends Features> extends LockBackend<F> {
  watch(name: string): Observable<LockStatus>;
  ping(): Observable<void>;
}

/** @returns A plain object of closures: nothing secret can be reached from it, so nothing can be printed. And what it asks, for those that can do more. */
export function commonBackend<E extends RedisEngine, F extends Features>({
  name,
  features,
  maxTtl,
  ports,
  start,
}: CommonOptions<E, F>): { readonly client: ServiceLife<E>; readonly backend: CommonBackend<F> } {
  const client = new ServiceLife<E>({
    maker: 'redis',
    start,
    end: async (engine) => {
      if (engine === undefined) for (const port of ports) port.close();
      else await engine.close(closedError());
    },
    closedError,
    runtime: systemRuntime,
  });
  const backend: CommonBackend<F> = {
    name,
    features,
    ttl: { min: MIN_TTL, max: maxTtl, step: 1 },
    open(runtime) {
      client.open(runtime);
    },
    validateName: checkName,
    acquire: (request) => client.use(({ attempts }) => attempts.acquire(request)),
    renew: (grants, ttls) => client.use(({ renewals }) => renewals.renew(grants, ttls)),
    release: (grants, keepFor) => client.use(({ returns }) => returns.release(grants, keepFor)),
    status: (of) => client.whileOpen(({ statuses }) => statuses.status(of)),
    watch: (of) => client.whileOpen(({ statuses }) => statuses.watch(of)),
    ping: () => client.whileOpen((engine) => engine.ping()),
    close: () => client.close(),
  };
  return { client, backend };
}
