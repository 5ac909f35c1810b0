import type { Wire, WireUser, Wiring } from '../../../../src/backends/socket/wire/wire.js';
import { readClientFrame, readServerFrame } from '../../../../src/native/frame.js';
import type { ClientMessage } from '../../../../src/native/from-client.js';
import type { ServerMessage } from '../../../../src/native/from-server.js';
import type { Time } from '../../../support/virtual.js';
import type { Chance } from './chance.js';
import { mangle } from './mangle.js';

const LIMITS = { frame: 65_536, locks: 1000, waiters: 1000, watches: 1000, minTtl: 1000, maxTtl: 3_600_000 };
/** What is in each secret, and may be in nothing that is told. */
export const SECRET = 'not-for-anybody';
/** These say that an ask has come there, so that what it is for lives on. */
const CONFIRMING: ReadonlySet<string> = new Set(['granted', 'queued', 'done']);

/** One connection in virtual time. */
class Line implements Wire {
  isOver = false;
  hasSession = false;
  /** The client has read that. */
  isWelcomed = false;

  constructor(
    private readonly server: HostileServer,
    readonly user: WireUser,
  ) {}

  send(text: string): void {
    if (!this.isOver) this.server.hear(this, readClientFrame(text));
  }

  close(): void {
    this.server.close(this);
  }

  cut(): void {
    this.isOver = true;
  }

  refer(): void {
    // Nothing lives for it.
  }
}

/** A server in the same process, in virtual time, that answers well, badly, late, twice, to others, or not at all. */
export class HostileServer implements Wiring {
  /** `0`: it is a good one. Else it does something else once in so many times. */
  hostility = 3;
  /** Nobody can connect, and nothing is said. */
  isGone = false;
  /** It knows no session that somebody wants to go on with. */
  isForgetful = false;
  /** Who waits is not granted anything at once. */
  isBusy = false;
  /** Frames that were told. */
  frames = 0;
  /** Of those, how many the client could read. */
  readable = 0;
  /** Ids of which a client was told that they are granted. */
  readonly granted = new Set<number>();
  /** When the asks were sent of which a client was told that they have come there. */
  readonly confirmed = new Set<number>();
  lastConfirmed = -Infinity;
  readonly lines: Line[] = [];
  private readonly sentAt = new Map<number, number>();
  private readonly waiting = new Set<number>();
  private readonly watched = new Set<number>();
  private ids = 0;
  private news = 0;
  private token = 0;
  private session: { readonly id: string; readonly secret: string } | undefined;

  constructor(
    private readonly time: Time,
    private readonly chance: Chance,
  ) {}

  open(user: WireUser): Wire {
    if (this.isHostile(8)) throw new Error('no connection today');
    const line = new Line(this, user);
    this.lines.push(line);
    this.soon(line, this.chance.below(20), () => {
      if (this.isHostile(10)) this.end(line);
      else if (!this.isHostile(12) && !this.isGone) user.opened();
    });
    return line;
  }

  atEndOfTurn(run: () => void): void {
    this.time.schedule(run, 0);
  }

  hear(line: Line, messages: readonly ClientMessage[]): void {
    const answers = messages.flatMap((message) => this.answer(line, message));
    if (answers.length > 0) this.tell(line, answers);
  }

  /** Says something that nobody has asked for. */
  stir(): void {
    const line = this.lines.at(-1);
    if (line === undefined || line.isOver || !line.hasSession) return;
    const ids = [...this.waiting];
    if (ids.length > 0 && this.chance.once(2)) this.tell(line, [this.grant(this.chance.of(ids))]);
    else if (this.chance.once(4)) this.tell(line, [{ type: 'tick' }]);
    else if (this.watched.size > 0) this.tell(line, [this.status(this.chance.of([...this.watched]))]);
    if (this.isHostile(20)) this.end(line);
  }

  /** Cuts the connection that there is. */
  cut(): void {
    const line = this.lines.at(-1);
    if (line !== undefined && !line.isOver) this.end(line);
  }

  /** Remembers nothing of what was, but for what goes on: who measures a heap would measure that. */
  forget(): void {
    this.lines.splice(0, this.lines.length - 1);
    for (const known of [this.granted, this.confirmed, this.sentAt, this.waiting]) known.clear();
  }

  close(line: Line): void {
    this.soon(line, 1, () => {
      this.end(line);
    });
  }

  private end(line: Line): void {
    line.isOver = true;
    line.user.ended({ code: this.chance.of([undefined, 1000, 1001, 1011]) });
  }

  private soon(line: Line, delay: number, run: () => void): void {
    this.time.schedule(() => {
      if (!line.isOver) run();
    }, delay);
  }

  private isHostile(times: number): boolean {
    return this.hostility > 0 && this.chance.once(times * this.hostility);
  }

  // ------------------------------------------------------------------------------------------- what it says

  private tell(line: Line, messages: readonly ServerMessage[]): void {
    if (this.isGone) return;
    const plain = { text: JSON.stringify(messages), delay: this.chance.below(5) };
    const told = this.isHostile(1) ? mangle(messages, this.chance, this.ids) : [plain];
    for (const { text, delay } of told) {
      this.soon(line, delay, () => {
        this.frames++;
        this.note(line, text);
        line.user.heard(text);
      });
    }
  }

  /** What the client knows once it has read this. */
  private note(line: Line, text: string | undefined): void {
    let messages: readonly ServerMessage[];
    try {
      messages = readServerFrame(text ?? '');
    } catch {
      return;
    }
    this.readable++;
    for (const message of messages) {
      if (message.type === 'welcome' && !line.isWelcomed) {
        line.isWelcomed = true;
        // What was said in another session says nothing in this one. A server without tokens is left: there is none.
        if (message.fencing && !message.resumed) for (const known of [this.granted, this.confirmed]) known.clear();
      }
      if (!('id' in message)) continue;
      if (message.type === 'granted') this.granted.add(message.id);
      const sentAt = this.sentAt.get(message.id);
      if (sentAt === undefined || !CONFIRMING.has(message.type)) continue;
      this.confirmed.add(sentAt);
      this.lastConfirmed = Math.max(this.lastConfirmed, sentAt);
    }
  }

  private answer(line: Line, message: ClientMessage): readonly ServerMessage[] {
    if (message.type === 'hello') return this.welcome(line, message.session);
    if (!line.hasSession) throw new Error('something was asked before the welcome');
    const { id } = message;
    if (id <= this.ids) throw new Error('an id that does not rise');
    this.ids = id;
    this.sentAt.set(id, this.time.now());
    const { chance } = this;
    switch (message.type) {
      case 'acquire':
        if (message.wait !== true) return chance.once(3) ? [{ type: 'held', id, holder: 'x' }] : [this.grant(id)];
        if (!this.isBusy && chance.once(2)) return [this.grant(id)];
        this.waiting.add(id);
        return [{ type: 'queued', id, position: chance.below(3), holder: 'x' }];
      case 'adopt':
        return [this.grant(id)];
      case 'leave':
        this.waiting.delete(message.lock);
        return [{ type: 'done', id }];
      case 'watch':
        this.watched.add(id);
        return [this.status(id)];
      case 'unwatch':
        this.watched.delete(message.watch);
        return [{ type: 'done', id }];
      case 'status':
        return [this.status(id)];
      case 'list':
        return [
          { type: 'list', id, locks: [], more: true },
          { type: 'list', id, locks: [] },
        ];
      case 'detach':
        return [{ type: 'detached', id, secret: SECRET }];
      case 'alive':
        if (this.isHostile(4)) return [{ type: 'mismatch', id }];
        return [{ type: 'done', id }];
      default:
        return [{ type: 'done', id }];
    }
  }

  private welcome(line: Line, asked: { readonly id: string } | undefined): readonly ServerMessage[] {
    const resumed = asked !== undefined && asked.id === this.session?.id && !this.isForgetful && !this.isHostile(3);
    line.hasSession = true;
    if (!resumed) {
      this.news = 0;
      this.waiting.clear();
    }
    this.watched.clear();
    const number = String(this.frames);
    this.session = { id: resumed ? asked.id : `session-${number}`, secret: `${SECRET}-${number}` };
    return [{ type: 'welcome', version: 1, session: this.session, resumed, fencing: true, limits: LIMITS }];
  }

  private grant(id: number): ServerMessage {
    this.waiting.delete(id);
    return { type: 'granted', id, token: ++this.token, news: ++this.news };
  }

  private status(id: number): ServerMessage {
    const holders = this.chance.below(2);
    return { type: 'status', id, status: { name: 'a', holders, waiters: this.chance.below(3) } };
  }
}
