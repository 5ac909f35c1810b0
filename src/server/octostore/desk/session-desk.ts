import { randomUUID } from 'node:crypto';
import type { Records } from '../../records.js';
import { Ringer } from '../../ringer.js';
import type { ServerCore } from '../../server-core.js';
import { ApiError } from '../wire/api-error.js';
import type { Account } from './account.js';
import type { Accounts } from './accounts.js';
import { digestTextOf } from './digest.js';
import { FRONT } from './octostore-place.js';
import { OctostoreSession } from './octostore-session.js';

const SECOND = 1000;
const DEFAULT_TTL = 60;
const MIN_TTL = 10;
const MAX_TTL = 300;
/** So long after its end a session is still known to have ended. */
const REMEMBERED = 5 * SECOND;
const RETRY_AFTER = 30 * SECOND;
const PREFIX = 'session/';

/** What is stored of a session, by the digest of its id. */
interface SessionNote {
  readonly account: string;
  readonly name: string;
  readonly ttl: number;
}

/** Who has which session, and when it ends. */
export class SessionDesk {
  private readonly sessions = new Map<string, OctostoreSession>();
  private readonly ends = new Map<OctostoreSession, Ringer>();
  private readonly records: Records;

  /**
   * @param max How many one account may have.
   * @param most How many all together may have: without tokens anybody has as many accounts as he wants.
   * @param onEnd Called when one is over: what goes with it is to be given back.
   */
  constructor(
    private readonly core: ServerCore,
    private readonly accounts: Accounts,
    private readonly max: number,
    private readonly most: number,
    private readonly onEnd: (session: OctostoreSession) => void,
  ) {
    this.records = core.records;
  }

  /** Those of before a start, which live for their full ttl from now. To be called once, as the first thing. */
  restore(): void {
    for (const [key, value] of this.records.notes(FRONT)) {
      if (!key.startsWith(PREFIX)) continue;
      const { account, name, ttl } = value as SessionNote;
      this.seat(key.slice(PREFIX.length), this.accounts.open(account, name), ttl);
    }
  }

  /** One that was there before a start. */
  byDigest(digest: string): OctostoreSession | undefined {
    return this.sessions.get(digest);
  }

  /**
   * @param wanted Seconds; made to fit.
   * @param done Called when it is stored.
   */
  create(
    account: Account,
    wanted: number | undefined,
    done: (id: string, session: OctostoreSession, failure?: Error) => void,
  ): void {
    if (account.sessions.size >= this.max || this.sessions.size >= this.most) {
      throw new ApiError('capacity', 'Capacity exceeded: too many sessions', { retryAfter: RETRY_AFTER });
    }
    const id = randomUUID();
    const ttl = Math.min(Math.max(wanted ?? DEFAULT_TTL, MIN_TTL), MAX_TTL) * SECOND;
    const session = this.seat(digestTextOf(id), account, ttl);
    const note: SessionNote = { account: account.key, name: account.name, ttl };
    this.records.put(FRONT, PREFIX + session.digest, note);
    this.records.whenStored((failure) => {
      if (failure !== undefined) this.end(session);
      done(id, session, failure);
    });
  }

  /** @throws ApiError if there is none of this id, or it is somebody else's. */
  find(account: Account, id: string): OctostoreSession {
    const session = this.sessions.get(digestTextOf(id));
    if (session?.account !== account) throw new ApiError('sessionMissing');
    return session;
  }

  /** @throws ApiError if there is none of this id, it is somebody else's, or it has ended. */
  findAlive(account: Account, id: string): OctostoreSession {
    const session = this.find(account, id);
    this.requireAlive(session);
    return session;
  }

  /** @throws ApiError if it has ended. */
  requireAlive(session: OctostoreSession): void {
    if (!session.hasEnded && session.due <= this.core.now()) this.end(session);
    if (session.hasEnded) throw new ApiError('sessionExpired');
  }

  keepAlive(session: OctostoreSession): void {
    session.due = this.core.now() + session.ttl;
  }

  /** It is over, and is known to have been for a while. */
  end(session: OctostoreSession): void {
    if (session.hasEnded) return;
    session.hasEnded = true;
    session.account.sessions.delete(session);
    this.records.delete(FRONT, PREFIX + session.digest);
    this.onEnd(session);
    this.accounts.forgetIdle(session.account);
    this.ring(session, this.core.now() + REMEMBERED);
  }

  /** It is over because its client says so. */
  delete(session: OctostoreSession): void {
    this.end(session);
    this.forget(session);
  }

  /** Ends the time of all: the front closes, and what is stored stays. */
  close(): void {
    for (const ringer of this.ends.values()) this.core.timeouts.clear(ringer);
  }

  private seat(digest: string, account: Account, ttl: number): OctostoreSession {
    const session = new OctostoreSession(digest, account, ttl);
    this.sessions.set(digest, session);
    account.sessions.add(session);
    this.keepAlive(session);
    const ringer = new Ringer(() => {
      this.core.turn.run(() => {
        this.look(session);
      });
    });
    this.ends.set(session, ringer);
    this.ring(session, session.due);
    return session;
  }

  /** It would have ended by now, but for what kept it alive. */
  private look(session: OctostoreSession): void {
    if (session.hasEnded) this.forget(session);
    else if (session.due <= this.core.now()) this.end(session);
    else this.ring(session, session.due);
  }

  private ring(session: OctostoreSession, at: number): void {
    const ringer = this.ends.get(session);
    if (ringer !== undefined) this.core.timeouts.set(ringer, at);
  }

  private forget(session: OctostoreSession): void {
    const ringer = this.ends.get(session);
    if (ringer !== undefined) this.core.timeouts.clear(ringer);
    this.ends.delete(session);
    this.sessions.delete(session.digest);
  }
}
