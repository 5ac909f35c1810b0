import { ignoreElements, Observable, Subject } from 'rxjs';
import type { Revocation } from '../../contract/backend.js';
import type { Runtime } from '../../contract/time.js';
import { ALL_FEATURES } from '../../values/all-features.js';
import { withJson } from '../../values/backend-json.js';
import { ServiceLife } from '../../values/service-life.js';
import { restOf } from '../../values/rest-of.js';
import { schedulerTimer } from '../../values/scheduler-timer.js';
import { systemRuntime } from '../../values/system-runtime.js';
import { Timeouts } from '../../values/timeouts.js';
import { checkName, MAX_TTL, MIN_TTL } from './client/check-request.js';
import { closedError } from './client/closed-error.js';
import type { Settings } from './client/settings.js';
import { SocketLine } from './client/socket-line.js';
import type { Desk } from './locks/desk.js';
import { detach } from './locks/detach.js';
import { SocketPulse } from './locks/socket-pulse.js';
import { ReleaseAsk } from './locks/release-ask.js';
import { SocketAttempts } from './locks/socket-attempts.js';
import { SocketBook } from './locks/socket-book.js';
import { SocketRenewals } from './locks/socket-renewals.js';
import { SocketReturns } from './locks/socket-returns.js';
import { SocketSession } from './sessions/socket-session.js';
import type { SocketBackend } from './socket-backend.js';
import { SocketStatuses } from './telling/socket-statuses.js';
import { followPage } from './wire/follow-page.js';
import type { Wiring } from './wire/wire.js';

/** One open client. */
interface Engine {
  readonly desk: Desk;
  readonly attempts: SocketAttempts;
  readonly renewals: SocketRenewals;
  readonly returns: SocketReturns;
  readonly statuses: SocketStatuses;
  readonly leavePage: () => void;
}

/** A plain object of closures: nothing secret can be reached from it, so nothing can be printed. */
export function socketBackend(settings: Settings, wiring: Wiring): SocketBackend<boolean> {
  const revoked$ = new Subject<Revocation>();
  const client = new ServiceLife({
    maker: 'socket',
    start: (runtime) =>
      start(settings, wiring, runtime, (revocation) => {
        revoked$.next(revocation);
      }),
    end: async (engine) => {
      engine?.leavePage();
      await engine?.desk.line.close(closedError());
    },
    closedError,
    runtime: systemRuntime,
  });

  return withJson<SocketBackend<boolean>>({
    name: 'socket',
    features: { ...ALL_FEATURES, fencing: settings.fencing },
    ttl: { min: MIN_TTL, max: MAX_TTL, step: 1 },
    revoked$: revoked$.asObservable(),
    open(runtime) {
      client.open(runtime);
    },
    validateName: checkName,
    acquire: (request) => client.use(({ attempts }) => attempts.acquire(request)),
    renew: (grants, ttls) => client.use(({ renewals }) => renewals.renew(grants, ttls)),
    release: (grants, keepFor) => client.use(({ returns }) => returns.release(grants, keepFor)),
    confirmed: (grant) => client.known?.renewals.confirmed(grant),
    detach: (grant) => client.use(({ desk }) => detach(desk, grant)),
    adopt: (name, secret, request) => client.use(({ attempts }) => attempts.adopt(name, secret, request)),
    status: (name) => client.whileOpen(({ statuses }) => statuses.status(name)),
    watch: (name) => client.whileOpen(({ statuses }) => statuses.watch(name)),
    list: (prefix = '') => client.whileOpen(({ statuses }) => statuses.list(prefix)),
    revoke: (name) => client.whileOpen(({ statuses }) => statuses.revoke(name)),
    ping: () => client.whileOpen(({ desk }) => ping(desk)).pipe(ignoreElements()),
    close: () => client.close(),
  });
}

function start(
  settings: Settings,
  wiring: Wiring,
  runtime: Runtime,
  revoked: (revocation: Revocation) => void,
): Engine {
  const { clock, scheduler, random } = runtime;
  const { where, timeout, token, fencing } = settings;
  const timer = schedulerTimer(scheduler);
  const timeouts = new Timeouts(() => clock.elapsed(), timer, restOf(scheduler));
  const book = new SocketBook();
  const holder = { first: undefined, told: undefined };
  const isWatching = (): boolean => statuses.watching > 0;
  const session = new SocketSession({ clock, book, where, token, holder, fencing, isWatching, revoked });
  const line = new SocketLine({ wiring, clock, timeouts, timer, random, settings }, session);
  const statuses = new SocketStatuses({ line, clock, where, fencing });
  const pulse: SocketPulse = new SocketPulse({
    clock,
    timeouts,
    line,
    book,
    where,
    timeout,
    settle: () => {
      session.settle();
    },
    isListening: () => isWatching() || book.kept.size > book.held.size,
    sweep: (now) => {
      for (const grant of session.forgotten(now)) line.ask(new ReleaseAsk(desk, grant, 0, () => undefined));
    },
  });
  const desk: Desk = { clock, line, book, pulse, where, holder, fencing, revoked };
  session.begin({ line, pulse });
  return {
    desk,
    statuses,
    attempts: new SocketAttempts(desk),
    renewals: new SocketRenewals(desk),
    returns: new SocketReturns(desk),
    leavePage: followPage((error) => {
      session.forget(error);
      line.abandon(error);
      // What was on its way, to the server or to somebody else, has not left us: it is back in the book.
      session.forget(error);
    }),
  };
}

/** A keep-alive is answered by whoever knows us. */
function ping({ pulse }: Desk): Observable<never> {
  return new Observable((sink) => {
    pulse.ask((verdict) => {
      if (verdict.type === 'kept') sink.complete();
      else sink.error(verdict.cause);
    });
  });
}
