import type { RestoredPlace } from '../records.js';
import type { FrontKit } from '../front-kit.js';
import { FrontLog } from '../front-log.js';
import type { HttpFront } from '../net/http-front.js';
import { Accounts } from './desk/accounts.js';
import { Acls } from './desk/acls.js';
import { ElectionDesk } from './desk/election-desk.js';
import { LeaseBook } from './desk/lease-book.js';
import { LeaseDesk } from './desk/lease-desk.js';
import { LockViews } from './desk/lock-views.js';
import { FRONT } from './desk/octostore-place.js';
import { SessionDesk } from './desk/session-desk.js';
import { WallClock } from './desk/wall-clock.js';
import { documents } from './dialect/documents.js';
import { today } from './dialect/today.js';
import { Doorkeeper } from './dialogue/doorkeeper.js';
import { electionRoutes } from './dialogue/election-routes.js';
import { lockRoutes } from './dialogue/lock-routes.js';
import { refuse } from './dialogue/respond.js';
import { sessionRoutes } from './dialogue/session-routes.js';
import { tokenRoutes } from './dialogue/token-routes.js';
import { checkOctostoreOptions, type OctostoreFrontOptions } from './front-options.js';
import type { Services } from './services.js';
import { UntakenAnswer } from './telling/untaken-answer.js';
import { WatchDesk } from './telling/watch-desk.js';
import { httpApp, type HttpApp } from './wire/http-app.js';
import { Origins } from '../net/origins.js';

/** Milliseconds. */
const MAX_STALL = 60_000;

/** OctoStore's HTTP API in front of the lock table. It has no port: servers of `node:http` and `node:https` give it their requests. */
export class OctostoreFront implements HttpFront {
  private isDraining = false;
  private isClosed = false;

  private constructor(
    private readonly app: HttpApp,
    private readonly services: Services,
  ) {}

  /**
   * Makes one, and finds again what was there before a start.
   *
   * @throws LockValidationError for a bad option.
   */
  static async open(kit: FrontKit, options?: OctostoreFrontOptions): Promise<OctostoreFront> {
    const services = servicesOf(kit, options);
    const { settings, sessions, acls } = services;
    sessions.restore();
    acls.restore();
    for (const place of kit.core.records.restored(FRONT)) restore(services, place);
    const routes = [
      ...lockRoutes(services),
      ...sessionRoutes(services),
      ...electionRoutes(services),
      ...tokenRoutes(services),
    ];
    const app = await httpApp(routes, {
      bodyLimit: Math.min(kit.limits.frame, Number.MAX_SAFE_INTEGER),
      origins: new Origins(settings.origins, kit.principals.required),
      refuse: (call, error) => {
        refuse(services, call, error);
      },
      onLarge: (response) => {
        new UntakenAnswer(response, kit.core, Math.min(kit.limits.stallTime, MAX_STALL));
      },
      onFailure: (error) => {
        kit.log.say('error', 'http request failed', { error: error instanceof Error ? error.message : 'unknown' });
      },
    });
    return new OctostoreFront(app, services);
  }

  /** How many streams of events are read. */
  get streams(): number {
    return this.services.watches.size;
  }

  readonly request = (...[request, response, welcome]: [...Parameters<HttpApp['listener']>, (() => void)?]): void => {
    if (welcome !== undefined) this.services.door.expect(request.socket, welcome);
    if (this.isDraining) response.setHeader('connection', 'close');
    this.app.listener(request, response);
  };

  /** Grants nothing any more, ends every stream, and has each connection close after the answer that is under way. */
  drain(): void {
    this.isDraining = true;
    this.services.kit.core.table.shut();
    this.services.watches.close();
  }

  /** Does nothing more. What is held stays held, and is found again after a start. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    this.drain();
    const { sessions, book, door } = this.services;
    sessions.close();
    book.close();
    door.close();
    await this.app.close();
  }
}

function servicesOf(kit: FrontKit, options: OctostoreFrontOptions | undefined): Services {
  const settings = checkOctostoreOptions(options);
  const { core, principals, meters } = kit;
  const { places } = kit.limits;
  const counted = meters.front('http');
  const log = new FrontLog(kit.log, 'http');
  const onEnded = (name: string, reason: string): void => {
    counted.ended.add(reason);
    log.say('lock lost', { name, reason });
  };
  const clock = new WallClock(core.now, settings.date);
  const accounts = new Accounts(principals.required);
  const sessions = new SessionDesk(core, accounts, settings.maxSessions, places, (session) => {
    counted.ended.add('session', leases.releaseBound(session));
  });
  const book = new LeaseBook(core, accounts);
  const views = new LockViews(core, book);
  const leases = new LeaseDesk(core, accounts, sessions, book, views, settings.maxLocks, places, onEnded);
  const elections = new ElectionDesk(core, settings.maxElections, places, onEnded);
  const watches = new WatchDesk(core, views, elections, clock);
  return {
    kit,
    settings,
    meters: counted,
    log,
    dialect: settings.dialect === 'octostore' ? today : documents,
    clock,
    door: new Doorkeeper(kit, log, accounts, () => {
      watches.review();
    }),
    book,
    views,
    leases,
    sessions,
    elections,
    acls: new Acls(core.records, settings.maxAcls),
    watches,
  };
}

function restore({ leases, elections }: Services, place: RestoredPlace): void {
  if ((place.data as { readonly kind: string }).kind === 'lease') leases.restore(place);
  else elections.restore(place);
}
