import { map, Subject } from 'rxjs';
import type { LockBackend, Revocation } from '../../contract/backend.js';
import type { LockStatus } from '../../contract/status.js';
import { withJson } from '../../values/backend-json.js';
import { lockStatus } from '../../values/lock-status.js';
import type { Thread } from './thread.js';
import { threadLife } from './thread-life.js';

/** A plain object of closures: nothing that the worker was given can be reached from it, so none of it can be printed. */
export function threadedBackend(thread: Thread): LockBackend {
  const { name, features, ttl, has } = thread.description;
  const revoked$ = new Subject<Revocation>();
  const life = threadLife(thread, revoked$);
  const can = (method: string, own: Partial<LockBackend>): Partial<LockBackend> => (has.includes(method) ? own : {});

  return withJson<LockBackend>({
    name,
    features,
    ...(ttl === undefined ? {} : { ttl }),
    revoked$: revoked$.asObservable(),
    open(runtime) {
      life.open(runtime);
    },
    acquire: (request) => life.use((office) => office.acquire(request)),
    renew: (grants, ttls) => life.use((office) => office.renew(grants, ttls)),
    release: (grants, keepFor) => life.use((office) => office.release(grants, keepFor)),
    confirmed: (grant) => life.known?.confirmed(grant),
    status: (lock) =>
      life.whileOpen(({ line }) => line.ask<'status'>({ of: 'status', name: lock })).pipe(map(lockStatus)),
    ...can('watch', {
      watch: (lock) =>
        life.whileOpen(({ line }) => line.ask<'watch'>({ of: 'watch', name: lock })).pipe(map(lockStatus)),
    }),
    ...can('list', {
      list: (prefix) =>
        life
          .whileOpen(({ line }) => line.ask<'list'>({ of: 'list', prefix }))
          .pipe(map((statuses): readonly LockStatus[] => statuses.map(lockStatus))),
    }),
    ...can('revoke', {
      revoke: (lock) => life.whileOpen(({ line }) => line.ask<'revoke'>({ of: 'revoke', name: lock })),
    }),
    ...can('ping', { ping: () => life.whileOpen(({ line }) => line.ask<'ping'>({ of: 'ping' })) }),
    close: () => life.close(),
  });
}
