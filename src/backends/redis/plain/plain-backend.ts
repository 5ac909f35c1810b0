import type { Observable } from 'rxjs';
import type { LockBackend } from '../../../contract/backend.js';
import type { LockStatus } from '../../../contract/status.js';
import { withJson } from '../../../values/backend-json.js';
import type { CommonSettings } from '../client/settings.js';
import { commonBackend } from '../common-backend.js';
import type { RedisPort } from '../wire/port.js';
import { PlainEngine } from './plain-engine.js';
import { PLAIN_FEATURES, type PlainFeatures } from './plain-features.js';

/** What `redis(client, { keys: 'plain' })` makes: a backend for `createLocks`. */
export interface PlainBackend extends LockBackend<PlainFeatures> {
  watch(name: string): Observable<LockStatus>;
  ping(): Observable<void>;
}

/** Locks as others have them, each one key. */
export function plainBackend(port: RedisPort, settings: CommonSettings): PlainBackend {
  const { backend } = commonBackend({
    name: 'redis with plain keys',
    features: PLAIN_FEATURES,
    maxTtl: settings.maxTtl,
    ports: [port],
    start: (runtime) => new PlainEngine(port, settings, runtime),
  });
  return withJson<PlainBackend>(backend);
}
