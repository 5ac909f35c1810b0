import type { Observable } from 'rxjs';
import type { LockBackend } from '../../contract/backend.js';
import type { LockStatus } from '../../contract/status.js';
import type { PlainFeatures } from './plain/plain-features.js';
import type { RedisFeatures } from './redis-backend.js';

/** What `redis()` makes if only a variable says which keys it has: a backend for `createLocks`, with what both kinds can do. */
export interface EitherBackend extends LockBackend<RedisFeatures | PlainFeatures> {
  watch(name: string): Observable<LockStatus>;
  ping(): Observable<void>;
}
