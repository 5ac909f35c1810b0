import { defer, firstValueFrom, forkJoin, ignoreElements, map, merge, Subject } from 'rxjs';
import { systemRuntime } from '../../values/system-runtime.js';
import { withJson } from '../../values/backend-json.js';
import { ServiceLife } from '../../values/service-life.js';
import { LockClosedError, LockValidationError } from '../../contract/errors.js';
import type { Revocation } from '../../contract/backend.js';
import type { Runtime } from '../../contract/time.js';
import { askStats } from './telling/ask-stats.js';
import { DflockdAttempts } from './locks/attempts.js';
import { DflockdBook } from './locks/book.js';
import type { DflockdBackend, DflockdFeatures } from './dflockd-backend.js';
import type { DflockdOptions } from './client/options.js';
import { DflockdRenewals } from './locks/renewals.js';
import { DflockdReturns } from './locks/returns.js';
import { ServerConnections } from './client/server-connections.js';
import { resolveSettings, type Settings } from './client/settings.js';
import { shardOf } from './client/shard-of.js';
import { listen, publish } from './telling/signals.js';
import { statusesOf, statusOf } from './telling/statuses.js';
import { checkChannel, checkKey, checkName, checkPattern, checkPayload, isWild } from './wire/text.js';

const FEATURES: DflockdFeatures = {
  fencing: false,
  fifo: true,
  push: false,
  semaphore: true,
  permits: false,
  shared: false,
  metadata: false,
  minHold: false,
};
/** A day. Milliseconds. */
const MAX_TTL = 86_400_000;

/** One open client. */
interface Engine {
  readonly runtime: Runtime;
  readonly servers: readonly ServerConnections[];
  readonly attempts: DflockdAttempts;
  readonly renewals: DflockdRenewals;
  readonly returns: DflockdReturns;
}

/** A plain object of closures: no token and no connection can be reached from it, so none can be printed. */
export function dflockdBackend(options: DflockdOptions): DflockdBackend {
  const settings = resolveSettings(options);
  const { semaphorePrefix, times } = settings;
  const revoked$ = new Subject<Revocation>();
  const client = new ServiceLife({
    maker: 'dflockd',
    start: (runtime) => start(settings, runtime, revoked$),
    end: async (engine) => {
      const error = closedError();
      engine?.attempts.close(error);
      await Promise.all((engine?.servers ?? []).map((server) => server.close(error)));
    },
    closedError,
    // Much can be asked of the service that concerns no lock.
    runtime: systemRuntime,
  });
  const serverOf = (key: string): ServerConnections => findServer(client.working.servers, key);
  const now = (): number => client.working.runtime.clock.date();

  return withJson<DflockdBackend>({
    name: 'dflockd',
    features: FEATURES,
    // Renewals are what keeps the connection open.
    ttl: { min: 1000, max: MAX_TTL, step: 1000, unrenewed: Math.floor(times.read / 1000) * 1000 },
    revoked$: revoked$.asObservable(),
    open(runtime) {
      client.open(runtime);
    },
    validateName(name) {
      checkName(name, semaphorePrefix);
    },
    acquire: (request) => client.use(({ attempts }) => attempts.acquire(request)),
    renew: (grants, ttls) => client.use(({ renewals }) => renewals.renew(grants, ttls)),
    release: (grants) => client.use(({ returns }) => returns.release(grants)),
    status: (name) => defer(() => askStats(serverOf(name))).pipe(map((stats) => statusOf(stats, name, now()))),
    list: (prefix = '') =>
      defer(() => forkJoin(client.working.servers.map(askStats))).pipe(
        map((all) => all.flatMap((stats) => statusesOf(stats, prefix, semaphorePrefix, now()))),
      ),
    ping: () => defer(() => merge(...client.working.servers.map(askStats))).pipe(ignoreElements()),
    stats: async (index = 0) => firstValueFrom(askStats(serverAt(client.working.servers, index))),
    publish: async (channel, payload) => {
      checkChannel(channel);
      checkPayload(payload);
      return firstValueFrom(publish(serverOf(channel), channel, payload));
    },
    signal$: (pattern, { group, server } = {}) => {
      checkPattern(pattern);
      if (group !== undefined) checkKey(group, 'group');
      if (server !== undefined) serverAt(settings.servers, server);
      return defer(() => {
        const { servers: all } = client.working;
        const servers =
          server !== undefined ? [serverAt(all, server)] : isWild(pattern) ? all : [findServer(all, pattern)];
        return merge(...servers.map((server) => listen(server, pattern, group ?? '')));
      });
    },
    close: () => client.close(),
  });
}

function start(
  { servers: addresses, semaphorePrefix, ...settings }: Settings,
  runtime: Runtime,
  revoked$: Subject<Revocation>,
): Engine {
  const { clock } = runtime;
  const book = new DflockdBook({ clock, revoked$ });
  const servers = addresses.map(
    (address) =>
      new ServerConnections({
        address,
        settings,
        clock,
        closed: (connection, error) => {
          book.closed(connection, error);
        },
      }),
  );
  return {
    runtime,
    servers,
    attempts: new DflockdAttempts({ book, semaphorePrefix, serverOf: (key) => findServer(servers, key) }),
    renewals: new DflockdRenewals(book, clock),
    returns: new DflockdReturns(book),
  };
}

function findServer(servers: readonly ServerConnections[], key: string): ServerConnections {
  return servers[shardOf(key, servers.length)] as ServerConnections;
}

function serverAt<T>(servers: readonly T[], index: number): T {
  const server = servers[index];
  if (server !== undefined) return server;
  throw new LockValidationError(`server ${String(index)} does not exist`, { option: 'server' });
}

function closedError(): LockClosedError {
  return new LockClosedError('this dflockd client was closed');
}
