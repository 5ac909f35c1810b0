import { Subject } from 'rxjs';
import type { Revocation } from '../../contract/backend.js';
import type { Runtime } from '../../contract/time.js';
import { ALL_FEATURES } from '../../values/all-features.js';
import { withJson } from '../../values/backend-json.js';
import { restOf } from '../../values/rest-of.js';
import { schedulerTimer } from '../../values/scheduler-timer.js';
import { Timeouts } from '../../values/timeouts.js';
import { checkName } from './client/check-name.js';
import type { Settings } from './client/settings.js';
import { commonBackend, type RedisEngine } from './common-backend.js';
import { acquiring } from './locks/acquiring.js';
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
interface QueueingEngine extends RedisEngine {
  readonly handingOn: HandingOn;
  readonly statuses: Statuses;
  readonly guard: Guard;
}

/** A plain object of closures: nothing secret can be reached from it, so nothing can be printed. */
export function redisBackend(port: RedisPort, settings: Settings): RedisBackend {
  const revoked$ = new Subject<Revocation>();
  const { client, backend } = commonBackend<QueueingEngine, RedisFeatures>({
    name: 'redis',
    features: FEATURES,
    maxTtl: settings.maxTtl,
    ports: [port],
    start: (runtime) =>
      start(port, settings, runtime, (revocation) => {
        revoked$.next(revocation);
      }),
  });

  return withJson<RedisBackend>({
    ...backend,
    revoked$: revoked$.asObservable(),
    detach: (grant) => client.use(({ handingOn }) => handingOn.detach(grant)),
    adopt: (name, secret, request) => client.use(({ handingOn }) => handingOn.adopt(name, secret, request)),
    list: (prefix = '') => client.whileOpen(({ statuses }) => statuses.list(prefix)),
    revoke: (name) => client.whileOpen(({ statuses }) => statuses.revoke(name)),
    guarded: async (lease, script, keys = [], args = []) => {
      checkName(lease.name);
      return client.working.guard.run(lease, script, keys, args);
    },
  });
}

function start(
  port: RedisPort,
  settings: Settings,
  runtime: Runtime,
  revoked: (revocation: Revocation) => void,
): QueueingEngine {
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
  const context = { desk, doubts, waiting: new Waiters(desk, channel + owners.client) };
  const attempts = new RedisAttempts((request, sink, settled) => acquiring(request, sink, context, settled));
  return {
    attempts,
    renewals: new Renewals(desk),
    returns: new Returns(desk),
    handingOn: new HandingOn(context, attempts),
    statuses: new Statuses(desk, scheduler),
    guard: new Guard(desk),
    ping: () => ping(calls),
    async close(error) {
      attempts.close(error);
      await doubts.close();
      calls.close(error);
    },
  };
}
