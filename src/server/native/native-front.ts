import { VERSIONS } from '../../native/protocol.js';
import type { FrontKit } from '../front-kit.js';
import { FrontLog } from '../front-log.js';
import type { HttpFront } from '../net/http-front.js';
import { Origins } from '../net/origins.js';
import { Beliefs } from './desk/beliefs.js';
import { Capacity } from './desk/capacity.js';
import { Care } from './desk/care.js';
import { Transfers } from './desk/transfers.js';
import { StoredGrants } from './desk/stored-grants.js';
import { Handovers } from './desk/handovers.js';
import { NativeAsk } from './desk/native-ask.js';
import { NativeDesk } from './desk/native-desk.js';
import { NativePlace, type NativeRecord } from './desk/native-place.js';
import { NativeSession } from './desk/native-session.js';
import { Positions } from './desk/positions.js';
import { SessionBook } from './desk/session-book.js';
import { Teller } from './desk/teller.js';
import { NativeDialogue } from './dialogue/native-dialogue.js';
import type { NativeServices } from './dialogue/native-services.js';
import type { NativeConnection } from './wire/native-connection.js';
import { Upgrades, type UpgradeDoor } from './wire/upgrades.js';

/** The shortest ttl, in milliseconds: as everywhere in this package. */
const MIN_TTL = 1000;
/** What is said where there is no limit: more than can be. */
const NO_LIMIT = 2 ** 31 - 1;

/** What one front of this protocol does otherwise than another. */
export interface NativeSettings {
  /** Origins of web pages that may connect; `*`: all. None by default: programs only. */
  readonly origins?: readonly string[];
  /** Have grants fencing tokens? `true` by default. */
  readonly fencing?: boolean;
  /** Of the protocol that are spoken. All by default. */
  readonly versions?: readonly number[];
}

/** The native protocol in front of the lock table, over WebSockets. */
export class NativeFront implements HttpFront, UpgradeDoor {
  private readonly dialogues = new Set<NativeDialogue>();
  private readonly services: NativeServices;
  private readonly handovers: Handovers;
  private readonly upgrades: Upgrades;
  private readonly unlisten: () => void;

  constructor(
    private readonly kit: FrontKit,
    { origins = [], fencing = true, versions = VERSIONS }: NativeSettings = {},
  ) {
    const { core, limits, maxTtl, meters, randomBytes, principals } = kit;
    const log = new FrontLog(kit.log, 'ws');
    const { table, timeouts, turn, records } = core;
    this.handovers = new Handovers(randomBytes);
    const own = meters.front('ws');
    const deskLimits = { ...limits, minTtl: MIN_TTL, maxTtl };
    const capacity = new Capacity(core, deskLimits);
    const positions = new Positions(table, timeouts, turn);
    const teller = new Teller(table, positions, own, log);
    const grants = new StoredGrants(core, teller, own, log, (session) => {
      book.note(session);
    });
    const desk: NativeDesk = new NativeDesk(kit, deskLimits, capacity, positions, grants, teller, log, (session) => {
      care.beat(session);
    });
    const book = new SessionBook(
      records,
      meters,
      randomBytes,
      (id, principal, holder) => new NativeSession(id, principal, holder, timeouts, desk),
    );
    const care = new Care(core, desk, book);
    this.services = {
      kit,
      meters: own,
      log,
      versions,
      fencing,
      limits: {
        frame: told(limits.frame),
        locks: told(limits.locks),
        waiters: told(limits.waiters),
        watches: told(limits.watches),
        minTtl: MIN_TTL,
        maxTtl,
      },
      book,
      desk,
      transfers: new Transfers(core, deskLimits, this.handovers, capacity, grants, teller),
      beliefs: new Beliefs(core, desk, teller),
      care,
    };
    this.upgrades = new Upgrades({ maxFrame: limits.frame, origins: new Origins(origins, false) }, this);
    this.unlisten = principals.onChange(() => {
      this.sift();
    });
    this.restore();
  }

  get connections(): number {
    return this.dialogues.size;
  }

  get sessions(): number {
    return this.services.book.size;
  }

  get refusal(): number | undefined {
    return this.kit.core.table.isShut ? 503 : undefined;
  }

  upgrade: NonNullable<HttpFront['upgrade']> = (request, socket, head, welcome) => {
    this.upgrades.take(request, socket, head, welcome);
  };

  look(source: string, token: string, answer: (isRight: boolean) => void): () => void {
    const { principals, guesses } = this.kit;
    if (!principals.required) {
      answer(true);
      return () => undefined;
    }
    return guesses.look(source, token, principals, (principal) => {
      answer(principal !== undefined);
    });
  }

  /** Talks to a client. @param token That was looked at, and was right then. */
  open(connection: NativeConnection & { listen(listener: NativeDialogue): void }, token?: string): void {
    const principal = token === undefined ? undefined : this.kit.principals.identify(token);
    const dialogue = new NativeDialogue(connection, principal, this.services, () => {
      this.dialogues.delete(dialogue);
    });
    this.dialogues.add(dialogue);
    connection.listen(dialogue);
  }

  drain(): void {
    const { turn, table } = this.kit.core;
    turn.run(() => {
      table.shut();
      for (const session of this.services.book.sessions) this.services.desk.turnAway(session);
    });
  }

  close(): void {
    this.kit.core.table.shut();
    this.unlisten();
    this.kit.core.turn.run(() => {
      for (const dialogue of [...this.dialogues]) dialogue.dismiss('closing', 'the server stops');
    });
    for (const session of this.services.book.sessions) session.pulse.stop();
    this.upgrades.close();
  }

  /** Cuts off those whose tokens are not valid any more. */
  private sift(): void {
    this.kit.core.turn.run(() => {
      for (const dialogue of [...this.dialogues]) {
        const { owner } = dialogue;
        if (owner !== undefined && !this.kit.principals.has(owner)) {
          dialogue.dismiss('auth', 'the token is not valid any more');
        }
      }
    });
  }

  /** Finds again what was held before a start. */
  private restore(): void {
    const { records, table } = this.kit.core;
    const { book, care } = this.services;
    book.restore();
    for (const { ask, token, data } of records.restored('ws')) {
      const { session: id = '', lock = 0, secret, renew } = data as NativeRecord;
      const session = book.find(id);
      const own = new NativeAsk({ ...ask, renew }, ask.holder ?? '');
      if (secret !== undefined) {
        const place = new NativePlace(own, NOBODY, 0);
        this.handovers.restore(place, secret, -Infinity);
        table.restore(place, token);
      } else if (session !== undefined) {
        const place = new NativePlace(own, session, lock);
        session.lastId = Math.max(session.lastId, lock);
        session.add(place);
        table.restore(place, token);
      }
    }
    for (const session of book.sessions) care.dropped(session);
  }
}

/** As long as nobody has it. */
const NOBODY = {
  aliveAt: -Infinity,
  granted: (): void => undefined,
  ended: (): void => undefined,
  record: (): never => {
    throw new TypeError('nobody has it');
  },
};

function told(limit: number): number {
  return limit === Infinity ? NO_LIMIT : limit;
}
