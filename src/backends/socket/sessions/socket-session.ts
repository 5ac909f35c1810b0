import type { Revocation } from '../../../contract/backend.js';
import type { LockError } from '../../../contract/errors.js';
import { LockConfigError, LockNetworkError } from '../../../contract/errors.js';
import type { Hello } from '../../../native/from-client.js';
import type { Granted, Lost, Welcome } from '../../../native/from-server.js';
import { VERSIONS } from '../../../native/protocol.js';
import type { LineUser, SocketLine } from '../client/socket-line.js';
import type { SocketPulse } from '../locks/socket-pulse.js';
import { SettleAsk } from '../locks/settle-ask.js';
import { SocketAcquiring } from '../locks/socket-acquiring.js';
import type { SocketBook } from '../locks/socket-book.js';
import type { SocketGrant } from '../locks/socket-grant.js';
import type { SessionHolder } from '../locks/desk.js';
import type { Clock } from '../../../contract/time.js';

/** So many ids are said in one message: the server takes frames of a limited size. */
const PART = 2048;
/** The next connection is tried, and given up, after this part of the smallest ttl. */
const HASTE = 0.12;

/** What a session is made of, once there is a line for it. */
export interface SessionParts {
  readonly line: SocketLine;
  readonly pulse: SocketPulse;
}

export interface SocketSessionOptions {
  readonly clock: Clock;
  readonly book: SocketBook;
  readonly where: string;
  /** Gives a secret. Throws `LockValidationError`. */
  readonly token: (() => string) | undefined;
  readonly holder: SessionHolder;
  readonly fencing: boolean;
  /** Does somebody watch a name? */
  readonly isWatching: () => boolean;
  readonly revoked: (revocation: Revocation) => void;
}

/** What this client has on the server, over all its connections. Its secret is kept in memory only. */
export class SocketSession implements LineUser {
  #key: { readonly id: string; readonly secret: string } | undefined;
  /** The server may still have what nobody believes in, as it was away itself: the next connection gives that back. */
  private isOwing = false;
  private parts: SessionParts | undefined = undefined;

  constructor(private readonly options: SocketSessionOptions) {}

  /** Both are made for it. */
  begin(parts: SessionParts): void {
    this.parts = parts;
  }

  get isNeeded(): boolean {
    const { book, isWatching } = this.options;
    return book.size > 0 || book.kept.size > 0 || isWatching();
  }

  get canResume(): boolean {
    const { book } = this.options;
    return this.#key !== undefined && (book.size > 0 || this.wants().length > 0);
  }

  get haste(): number {
    return this.options.book.held.smallest * HASTE;
  }

  greet(): Hello {
    const { token, holder } = this.options;
    // Of a session that goes on it is the one that it had.
    if (this.#key === undefined) holder.told = holder.first;
    return {
      type: 'hello',
      versions: VERSIONS,
      ...(token === undefined ? {} : { token: token() }),
      ...(holder.told === undefined ? {} : { holder: holder.told }),
      ...(this.#key === undefined ? {} : { session: this.#key }),
    };
  }

  refuse({ fencing }: Welcome): LockError | undefined {
    if (fencing || !this.options.fencing) return undefined;
    const { where } = this.options;
    return new LockConfigError(`the server at ${where} has no fencing tokens; to do without, say fencing: false`, {
      option: 'fencing',
    });
  }

  welcomed({ session, resumed }: Welcome): void {
    const { book } = this.options;
    const isResumed = resumed && this.#key?.id === session.id;
    this.#key = { id: session.id, secret: session.secret };
    this.isOwing = false;
    if (isResumed) this.settle();
    else this.begun();
    // A settlement keeps what is held, and not who waits.
    if (book.kept.size > book.held.size) this.parts?.pulse.ask();
    else this.parts?.pulse.arm();
  }

  /** Says what we believe, so that the server can give back the rest. To be asked before all that was not sent. */
  settle(): void {
    const { book } = this.options;
    const holds = book.ids;
    const wants = this.wants();
    const count = Math.max(1, Math.ceil(holds.length / PART), Math.ceil(wants.length / PART));
    for (let part = 0; part < count; part++) {
      const [from, to] = [part * PART, (part + 1) * PART];
      const said = { holds: holds.slice(from, to), wants: wants.slice(from, to) };
      const settled = (sentAt: number, news: number): void => {
        this.parts?.pulse.keep(sentAt, news);
      };
      this.parts?.line.ask(
        new SettleAsk(
          () => said,
          () => book.news,
          part === count - 1,
          settled,
        ),
      );
    }
  }

  told(news: Granted | Lost): void {
    const { book } = this.options;
    book.news = Math.max(book.news, news.news);
    if (news.type === 'granted') return;
    const grant = book.find(news.id);
    if (grant === undefined) return;
    const { isLeaving } = grant;
    book.remove(grant);
    this.parts?.pulse.arm();
    if (!isLeaving) this.options.revoked({ grants: [grant], reason: REASONS[news.reason] });
  }

  tick(): void {
    if (this.isNeeded) this.parts?.pulse.ask();
  }

  cut(): void {
    const { book, clock } = this.options;
    this.parts?.pulse.cut();
    // What nobody believes in any more is no reason to connect again.
    for (const grant of this.forgotten(clock.elapsed())) {
      book.remove(grant);
      this.isOwing = true;
    }
    if (!this.canResume && !this.isOwing) this.#key = undefined;
  }

  /** Looks for what nobody believes in any more. It is lost by that, so that nobody can believe in what is given back. */
  forgotten(now: number): readonly SocketGrant[] {
    const grants = this.options.book.forgotten(now);
    if (grants.length > 0) this.options.revoked({ grants, reason: 'expired' });
    return grants;
  }

  /** Nothing of it is gone on with. */
  forget(cause: LockError): void {
    this.#key = undefined;
    this.lose(cause);
  }

  /** A new session has begun: whatever was in an old one is lost, and who waited in it waits anew. */
  private begun(): void {
    const { book, where } = this.options;
    book.news = 0;
    this.parts?.pulse.begin();
    const kept = [...(this.parts?.line.unanswered ?? [])];
    this.lose(new LockNetworkError(`the session at ${where} has ended`));
    for (const ask of kept) if (ask instanceof SocketAcquiring && !ask.isOver) ask.again();
  }

  private lose(cause: LockError): void {
    const grants = this.options.book.clear();
    // Nobody can let go of it any more.
    for (const grant of grants) grant.isLeaving = false;
    if (grants.length > 0) this.options.revoked({ grants, reason: 'session', cause });
  }

  private wants(): number[] {
    const wants: number[] = [];
    for (const ask of this.parts?.line.unanswered ?? []) if (ask instanceof SocketAcquiring) wants.push(ask.id);
    return wants;
  }
}

/** What is `gone` we believe in, and the server does not. */
const REASONS = { expired: 'expired', revoked: 'revoked', gone: 'refused' } as const;
