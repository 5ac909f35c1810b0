import type { Observable } from 'rxjs';
import type { LockBackend } from '../../../contract/backend.js';
import { LockConfigError } from '../../../contract/errors.js';
import type { LockStatus } from '../../../contract/status.js';
import { withJson } from '../../../values/backend-json.js';
import type { CommonSettings } from '../client/settings.js';
import { commonBackend } from '../common-backend.js';
import { PLAIN_FEATURES, type PlainFeatures } from '../plain/plain-features.js';
import type { RedisPort } from '../wire/port.js';
import { QuorumEngine } from './quorum-engine.js';

/** What `redis([a, b, c])` makes: a backend for `createLocks`. */
export interface QuorumBackend extends LockBackend<PlainFeatures> {
  watch(name: string): Observable<LockStatus>;
  ping(): Observable<void>;
}

/** Locks on a majority of servers. */
export function quorumBackend(ports: readonly RedisPort[], settings: CommonSettings): QuorumBackend {
  const { backend } = commonBackend({
    name: 'redis',
    features: PLAIN_FEATURES,
    maxTtl: settings.maxTtl,
    ports,
    start: (runtime) => new QuorumEngine(ports, settings, runtime),
  });
  return withJson<QuorumBackend>(backend);
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
