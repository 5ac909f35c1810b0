import { defer, map, type Observable } from 'rxjs';
import { LockValidationError } from '../../../contract/errors.js';
import { withJson } from '../../../values/backend-json.js';
import { ServiceLife } from '../../../values/service-life.js';
import type { LockBackend } from '../../../contract/backend.js';
import type { LockStatus } from '../../../contract/status.js';
import type { Runtime } from '../../../contract/time.js';
import { errorOf, isOk } from '../wire/answer.js';
import { Api } from '../wire/api.js';
import { FEATURES, type OctoStoreFeatures } from '../client/features.js';
import { readJson } from '../wire/json.js';
import { closedError } from '../client/closed-error.js';
import { endClient } from '../client/end-client.js';
import type { Transport, TransportOptions } from '../wire/transport.js';
import { Watches } from '../client/watches.js';
import { Campaigns, SHORTEST } from './campaigns.js';
import { Candidates } from './candidates.js';
import { electionError } from './election-error.js';
import { electionPath } from './election-id.js';
import { resolveElection, type OctoStoreElectionOptions } from './election-options.js';
import { readElection } from './read-election.js';
import { Mandates } from './mandates.js';
import { Offices } from './offices.js';

/** One open client. */
interface Engine {
  readonly campaigns: Campaigns;
  readonly mandates: Mandates;
  readonly watches: Watches;
  readonly status: (name: string) => Observable<LockStatus>;
}

/**
 * Everything but the transport, which the platform decides.
 *
 * @param validateName Which names are taken. Only the election's id by default.
 */
export function electionBackend(
  options: OctoStoreElectionOptions,
  connect: (options: TransportOptions) => Transport,
  validateName?: (name: string) => void,
): LockBackend<OctoStoreFeatures> {
  const { baseUrl, timeout, id } = resolveElection(options);
  const transport = connect({ baseUrl, connectTimeout: timeout });
  const start = (runtime: Runtime): Engine => {
    // No service could want a token here, so none is sent.
    const api = new Api({ baseUrl, timeout }, transport, runtime);
    const candidates = new Candidates(runtime.random);
    const offices = new Offices();
    const mandates = new Mandates({ api, offices });
    const status = (name: string): Observable<LockStatus> => readOne(api, name, candidates);
    const feed = {
      path: (name: string) => `${electionPath(name)}/watch`,
      // What is sent first may be older than the connection: only a read is sure to see all that was before it.
      read: (name: string, data: string, last: LockStatus | undefined) =>
        last === undefined ? undefined : readElection(readJson(data), name, candidates),
    };
    return {
      campaigns: new Campaigns({ api, runtime, candidates, offices, mandates, timeout }),
      mandates,
      watches: new Watches({ api, runtime, status, feed }),
      status,
    };
  };
  const end = ({ campaigns }: Engine): Observable<never> => campaigns.close();
  const client = new ServiceLife({ maker: 'octostoreElection', start, end: endClient(transport, end), closedError });

  return withJson<LockBackend<OctoStoreFeatures>>({
    name: 'octostore-election',
    features: FEATURES,
    ttl: { min: SHORTEST, max: 300_000, step: 1000 },
    open(runtime) {
      client.open(runtime);
    },
    validateName: validateName ?? only(id),
    acquire: (request) => client.use(({ campaigns }) => campaigns.acquire(request)),
    renew: (grants, ttls) => client.use(({ mandates }) => mandates.renew(grants, ttls)),
    release: (grants) => client.use(({ mandates }) => mandates.resign(grants)),
    watch: (name) => client.whileOpen(({ watches }) => watches.watch(name)),
    status: (name) => client.whileOpen(({ status }) => status(name)),
    ping: () => client.whileOpen(({ status }) => status(id).pipe(map(() => undefined))),
    close: () => client.close(),
  });
}

function only(id: string): (name: string) => void {
  return (name) => {
    if (name === id) return;
    const message = `the only lock of octostoreElection({ id: '${id}' }) is '${id}' itself: lock$ and leader$ take that id`;
    throw new LockValidationError(message, { option: 'name' });
  };
}

function readOne(api: Api, name: string, candidates: Candidates): Observable<LockStatus> {
  return defer(() => api.call({ what: 'read the election', lock: name, path: electionPath(name) })).pipe(
    map((answer) => {
      if (!isOk(answer)) throw electionError(answer);
      const status = readElection(answer.json, name, candidates);
      if (status === undefined) throw errorOf(answer);
      return status;
    }),
  );
}
