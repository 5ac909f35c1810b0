import { concat, defer, ignoreElements, map, Subject, tap, type Observable } from 'rxjs';
import { LockValidationError } from '../../contract/errors.js';
import { withJson } from '../../values/backend-json.js';
import { ServiceLife } from '../../values/service-life.js';
import { validatePortableName } from '../../values/validate-portable-name.js';
import type { LockBackend, Revocation } from '../../contract/backend.js';
import type { LockStatus } from '../../contract/status.js';
import type { Runtime } from '../../contract/time.js';
import { errorOf, isOk } from './wire/answer.js';
import { Api } from './wire/api.js';
import { OctoStoreAttempts } from './locks/attempts.js';
import { OctoStoreBook } from './locks/book.js';
import { FEATURES, type OctoStoreFeatures } from './client/features.js';
import { textField } from './wire/json.js';
import { closedError } from './client/closed-error.js';
import { endClient } from './client/end-client.js';
import type { OctoStoreOptions } from './client/options.js';
import { resolveSettings } from './client/settings.js';
import { OctoStoreHandingOn } from './locks/handing-on.js';
import { OctoStoreRenewals } from './locks/renewals.js';
import { OctoStoreReturns } from './locks/returns.js';
import { readStatus, readStatuses } from './wire/status.js';
import type { Transport, TransportOptions } from './wire/transport.js';
import { Watches } from './client/watches.js';

/** A lock that is asked about for the sake of the token. Nobody takes it. */
const PROBE = 'rxlock-ping';
const LONE_SURROGATE = /\p{Surrogate}/u;

/** One open client. */
interface Engine {
  readonly api: Api;
  readonly book: OctoStoreBook;
  readonly attempts: OctoStoreAttempts;
  readonly renewals: OctoStoreRenewals;
  readonly returns: OctoStoreReturns;
  readonly handingOn: OctoStoreHandingOn;
  readonly watches: Watches;
}

/**
 * Everything but the transport, which the platform decides.
 *
 * A plain object of closures: no token, session or lease can be reached from it, so none can be printed.
 */
export function octostoreBackend(
  options: OctoStoreOptions,
  connect: (options: TransportOptions) => Transport,
): LockBackend<OctoStoreFeatures> {
  const settings = resolveSettings(options);
  const transport = connect({ baseUrl: settings.baseUrl, connectTimeout: settings.timeout });
  const revoked$ = new Subject<Revocation>();
  const start = (runtime: Runtime): Engine => {
    const { timeout, sessionTtl } = settings;
    const api = new Api(settings, transport, runtime);
    const book = new OctoStoreBook({ api, runtime, sessionTtl, revoked$ });
    return {
      api,
      book,
      attempts: new OctoStoreAttempts({ api, book, timeout }),
      renewals: new OctoStoreRenewals({ api, book, runtime }),
      returns: new OctoStoreReturns({ api, book }),
      handingOn: new OctoStoreHandingOn({ book, runtime }),
      watches: new Watches({ api, runtime, status: (name) => readOne(api, name) }),
    };
  };
  const end = ({ attempts, book }: Engine): Observable<never> => {
    attempts.close();
    return book.sessions.close();
  };
  const client = new ServiceLife({ maker: 'octostore', start, end: endClient(transport, end), closedError });

  return withJson<LockBackend<OctoStoreFeatures>>({
    name: 'octostore',
    features: FEATURES,
    // Renewals are what keeps the session alive.
    ttl: { min: 1000, max: 3_600_000, step: 1000, unrenewed: settings.sessionTtl },
    revoked$: revoked$.asObservable(),
    open(runtime) {
      client.open(runtime);
    },
    validateName: validatePortableName,
    acquire: (request) => client.use(({ attempts }) => attempts.acquire(request)),
    renew: (grants, ttls) => client.use(({ renewals }) => renewals.renew(grants, ttls)),
    release: (grants) => client.use(({ returns }) => returns.release(grants)),
    detach: (grant) => client.use(({ handingOn }) => handingOn.detach(grant)),
    adopt: (name, secret, request) => client.use(({ handingOn }) => handingOn.adopt(name, secret, request)),
    watch: (name) => client.whileOpen(({ watches }) => watches.watch(name)),
    status: (name) => client.whileOpen(({ api }) => readOne(api, name)),
    list: (prefix) => client.whileOpen(({ api }) => readMany(api, prefix)),
    ping: () => client.whileOpen(({ api }) => concat(checkHealth(api), checkToken(api))),
    close: () => client.close(),
  });
}

function readOne(api: Api, name: string): Observable<LockStatus> {
  return defer(() =>
    api.call({ what: 'read the status', lock: name, path: `/locks/${encodeURIComponent(name)}` }),
  ).pipe(
    map((answer) => {
      const status = isOk(answer) ? readStatus(answer.json, name) : undefined;
      if (status === undefined) throw errorOf(answer);
      return status;
    }),
  );
}

function readMany(api: Api, prefix: string | undefined): Observable<readonly LockStatus[]> {
  if (prefix !== undefined && LONE_SURROGATE.test(prefix)) {
    throw new LockValidationError('prefix has an unpaired surrogate, which a URL cannot contain', { option: 'prefix' });
  }
  const query = prefix === undefined || prefix === '' ? '' : `?prefix=${encodeURIComponent(prefix)}`;
  return api.call({ what: 'list the locks', path: `/locks${query}` }).pipe(
    map((answer) => {
      const statuses = isOk(answer) ? readStatuses(answer.json) : undefined;
      if (statuses === undefined) throw errorOf(answer);
      // A server of the older kind lists everything.
      return prefix === undefined ? statuses : statuses.filter(({ name }) => name.startsWith(prefix));
    }),
  );
}

/** Older servers say `ok` in plain text. */
function checkHealth(api: Api): Observable<never> {
  return api.call({ what: 'tell its health', path: '/health', anonymous: true }).pipe(
    tap((answer) => {
      const status = textField(answer.json, 'status') ?? answer.text.trim();
      if (!isOk(answer) || status !== 'ok') throw errorOf(answer);
    }),
    ignoreElements(),
  );
}

/** The health is told to anybody: whether the token is valid is the answer to another question. Its other answers say nothing about that. */
function checkToken(api: Api): Observable<void> {
  return api.call({ what: 'look at the token', path: `/locks/${PROBE}` }).pipe(
    map((answer) => {
      if (answer.status === 401) throw errorOf(answer);
    }),
  );
}
