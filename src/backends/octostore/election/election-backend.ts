import { defer, map, Observable, Subject } from 'rxjs';
import { LockClosedError, LockConfigError, LockValidationError } from '../../../errors.js';
import type { LockBackend, LockStatus, Runtime } from '../../../types.js';
import { errorOf, isOk } from '../answer.js';
import { Api } from '../api.js';
import type { OctoStoreFeatures } from '../backend.js';
import type { Transport, TransportOptions } from '../transport.js';
import { readJson } from '../json.js';
import { Watches } from '../watches.js';
import { Campaigns, SHORTEST } from './campaigns.js';
import { Candidates } from './candidates.js';
import { electionError } from './election-error.js';
import { electionPath } from './election-id.js';
import { resolveElection, type OctoStoreElectionOptions } from './election-options.js';
import { readElection } from './election-status.js';
import { Mandates } from './mandates.js';
import { Offices } from './offices.js';

const FEATURES: OctoStoreFeatures = {
  fencing: true,
  fifo: false,
  push: true,
  semaphore: false,
  metadata: true,
  minHold: false,
};

/** One open client. */
interface Engine {
  readonly runtime: Runtime;
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
  const closed$ = new Subject<void>();
  let engine: Engine | undefined;
  let closing: Promise<void> | undefined;

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
      runtime,
      campaigns: new Campaigns({ api, runtime, candidates, offices, mandates, timeout }),
      mandates,
      watches: new Watches({ api, runtime, status, feed }),
      status,
    };
  };
  const opened = (): Engine => {
    if (engine === undefined) throw new LockConfigError('octostoreElection() is a backend: give it to createLocks()');
    return engine;
  };
  /** For what is asked on behalf of nobody's lock: it ends with the client. */
  const whileOpen = <T>(ask: (engine: Engine) => Observable<T>): Observable<T> =>
    new Observable((sink) => {
      const end = (): void => {
        sink.error(new LockClosedError('this OctoStore client was closed'));
      };
      if (closing !== undefined) {
        end();
        return;
      }
      sink.add(closed$.subscribe(end));
      defer(() => ask(opened())).subscribe(sink);
    });
  const shut = async (): Promise<void> => {
    closed$.next();
    const resigned$ = engine?.campaigns.close();
    // It completes whatever happens.
    await new Promise<void>((resolve) => {
      if (resigned$ === undefined) resolve();
      else resigned$.subscribe({ complete: resolve });
    });
    await transport.close();
  };

  return {
    name: 'octostore-election',
    features: FEATURES,
    ttl: { min: SHORTEST, max: 300_000, step: 1000 },
    open(runtime) {
      if (engine !== undefined && engine.runtime.clock !== runtime.clock) {
        throw new LockConfigError('this octostoreElection() is used with another clock already; make one for each');
      }
      engine ??= start(runtime);
    },
    validateName: validateName ?? only(id),
    acquire: (request) => defer(() => opened().campaigns.acquire(request)),
    renew: (grants, ttls) => defer(() => opened().mandates.renew(grants, ttls)),
    release: (grants) => defer(() => opened().mandates.resign(grants)),
    watch: (name) => whileOpen(({ watches }) => watches.watch(name)),
    status: (name) => whileOpen(({ status }) => status(name)),
    ping: () => whileOpen(({ status }) => status(id).pipe(map(() => undefined))),
    close: () => (closing ??= shut()),
  };
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
