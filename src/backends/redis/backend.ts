import { defer, ignoreElements, Subject } from 'rxjs';
import type { Revocation } from '../../contract/backend.js';
import type { Runtime } from '../../contract/time.js';
import { ALL_FEATURES } from '../../values/all-features.js';
import { withJson } from '../../values/backend-json.js';
import { LifeCycle } from '../../values/life-cycle.js';
import { restOf } from '../../values/rest-of.js';
import { schedulerTimer } from '../../values/scheduler-timer.js';
import { systemRuntime } from '../../values/system-runtime.js';
import { Timeouts } from '../../values/timeouts.js';
import { checkName } from './client/check-name.js';
import { closedError } from './client/closed-error.js';
import { MIN_TTL, type Settings } from './client/settings.js';
import { RedisAcquiring } from './locks/acquiring.js';
import { RedisAttempts } from './locks/attempts.js';
import { channelsOf } from './locks/channels.js';
import type { Desk } from './locks/desk.js';
import { Doubts } from './locks/doubts.js';
import { Guard } from './locks/guard.js';
import { HandingOn } from './locks/handing-on.js';
import { KeyNames } from './locks/key-names.js';
import { RedisOutbox } from './locks/outbox.js';
import { Owners } from './locks/owners.js';
import { Renewals } from './locks/renewals.js';
import { Returns } from './locks/returns.js';
import { Tracking } from './locks/tracking.js';
import { makeVerbs } from './locks/verbs.js';
import { Waiters } from './locks/waiters.js';
import type { RedisBackend, RedisFeatures } from './redis-backend.js';
import { ping } from './telling/ping.js';
import { Statuses } from './telling/statuses.js';
import { Calls } from './wire/calls.js';
import type { RedisPort } from './wire/port.js';
import { tagOf } from './wire/slot-of.js';

const FEATURES: RedisFeatures = { ...ALL_FEATURES, push: false };

/** One open client. */
interface Engine {
  readonly calls: Calls;
  readonly attempts: RedisAttempts;
  readonly renewals: Renewals;
  readonly returns: Returns;
  readonly handingOn: HandingOn;
  readonly statuses: Statuses;
  readonly guard: Guard;
  readonly doubts: Doubts;
}

/** A plain object of closures: nothing secret can be reached from it, so nothing can be printed. */
export function redisBackend(port: RedisPort, settings: Settings): RedisBackend {
  const revoked$ = new Subject<Revocation>();
  const client = new LifeCycle({
    maker: 'redis',
    start: (runtime) =>
      start(port, settings, runtime, (revocation) => {
        revoked$.next(revocation);
      }),
    end: async (engine) => {
      const error = closedError();
      engine?.attempts.close(error);
      await engine?.doubts.close();
      if (engine === undefined) port.close();
      else engine.calls.close(error);
    },
    closedError,
    runtime: systemRuntime,
  });

  return withJson<RedisBackend>({
    name: 'redis',
    features: FEATURES,
    ttl: { min: MIN_TTL, max: settings.maxTtl, step: 1 },
    revoked$: revoked$.asObservable(),
    open(runtime) {
      client.open(runtime);
    },
    validateName: checkName,
    acquire: (request) => client.use(({ attempts }) => attempts.acquire(request)),
    renew: (grants, ttls) => client.use(({ renewals }) => renewals.renew(grants, ttls)),
    release: (grants, keepFor) => client.use(({ returns }) => returns.release(grants, keepFor)),
    detach: (grant) => client.use(({ handingOn }) => handingOn.detach(grant)),
    adopt: (name, secret, request) => client.use(({ handingOn }) => handingOn.adopt(name, secret, request)),
    status: (name) => client.whileOpen(({ statuses }) => statuses.status(name)),
    watch: (name) => client.whileOpen(({ statuses }) => statuses.watch(name)),
    list: (prefix = '') => client.whileOpen(({ statuses }) => statuses.list(prefix)),
    revoke: (name) => client.whileOpen(({ statuses }) => statuses.revoke(name)),
    ping: () => client.whileOpen(({ calls }) => defer(() => ping(calls))).pipe(ignoreElements()),
    guarded: async (lease, script, keys = [], args = []) => {
      checkName(lease.name);
      return client.working.guard.run(lease, script, keys, args);
    },
    close: () => client.close(),
  });
}

function start(
  port: RedisPort,
  settings: Settings,
  runtime: Runtime,
  revoked: (revocation: Revocation) => void,
): Engine {
  const { clock, scheduler } = runtime;
  const { prefix, slot, timeout, lockDelay, replicas, coldStart, maxTtl, tracking: isTracking } = settings;
  const channel = channelsOf(prefix, slot, port);
  const timeouts = new Timeouts(() => clock.elapsed(), schedulerTimer(scheduler), restOf(scheduler));
  const calls = new Calls({ port, clock, timeouts, timeout });
  const verbs = makeVerbs(channel, lockDelay, coldStart === 'wait', isTracking);
  const owners = new Owners();
  const keys = new KeyNames(prefix, slot);
  const cold =
    coldStart === 'wait' ? { keyOf: (at: number) => keys.cold(tagOf(at)), longest: maxTtl + lockDelay } : undefined;
  const outbox = new RedisOutbox({ calls, clock, verbs, timeout, replicas, cold });
  const desk: Desk = {
    clock,
    timeouts,
    calls,
    outbox,
    verbs,
    owners,
    keys,
    timeout,
    lockDelay,
  };
  if (isTracking) {
    const tracking = new Tracking(desk, revoked);
    desk.tracking = tracking;
    port.track((changed) => {
      tracking.changed(changed);
    });
  }
  const doubts = new Doubts(desk);
  const waiting = new Waiters(desk, channel + owners.client);
  const attempts = new RedisAttempts(
    (request, sink, settled) => new RedisAcquiring(request, sink, { desk, doubts, waiting }, settled),
  );
  return {
    calls,
    doubts,
    attempts,
    renewals: new Renewals(desk),
    returns: new Returns(desk),
    handingOn: new HandingOn(desk, doubts, attempts),
    statuses: new Statuses(desk, scheduler),
    guard: new Guard(desk),
  };
}
