import { FrameError } from '../../../native/frame-error.js';
import { readClientFrame } from '../../../native/frame.js';
import type { ClientAsk, ClientMessage, Settle } from '../../../native/from-client.js';
import type { GoodbyeCode, ServerMessage, Welcome } from '../../../native/from-server.js';
import { Allowance } from '../../allowance.js';
import type { Keeping } from '../../buffers.js';
import { Burst } from '../../burst.js';
import type { Principal } from '../../principals.js';
import type { Worker } from '../../rota.js';
import { Watchdog } from '../../watchdog.js';
import { Claims } from '../desk/beliefs.js';
import type { NativeSession, SessionListener } from '../desk/native-session.js';
import type { ConnectionListener, NativeConnection } from '../wire/native-connection.js';
import { Arrival } from './arrival.js';
import { NativeOutbox } from './native-outbox.js';
import type { NativeServices } from './native-services.js';
import { isBounded, serveAsk } from './serve-ask.js';
import { NameWatches } from './name-watches.js';

/** So many frames are kept of a client before it is not read any more. */
const MAX_AHEAD = 16;
/** After so much silence the client's side is asked for a sign of life; after as much again it is given up. Milliseconds. */
const SILENCE = 30_000;
/** A client that was told to go, and does not close, is cut off. Milliseconds. */
const LINGER = 5000;
/** A frame that takes more than this, beside its messages, is gone on with when the others had their turn. As `Effort` counts. */
const DEAR = 1000;
/** After so many messages of a frame, what was told is written. */
const PART = 24;
/** So much more than it may hold may be told to a client that does not say what it has heard. */
const UNHEARD = 10_000;

/** How a connection is closed. */
const CLOSE_CODES: Readonly<Record<GoodbyeCode, number>> = {
  closing: 1001,
  protocol: 1002,
  version: 1002,
  auth: 1008,
  silent: 1008,
  limit: 1013,
  slow: 1013,
  replaced: 4000,
};

/** One connection's dialogue: what it asks for is done in order, and what it is told is told in frames. */
export class NativeDialogue implements ConnectionListener, SessionListener, Keeping, Worker {
  kept = 0;
  due = 0;
  last = 1;
  position = -1;
  /** `strange`: has to say who it is. `arriving`: that is being looked at. `ending`: has nothing any more, and is to close. */
  private state: 'strange' | 'arriving' | 'open' | 'ending' | 'closed' = 'strange';
  private session: NativeSession | undefined = undefined;
  private readonly frames: string[] = [];
  /** The rest of a frame that takes long. */
  private rest: readonly ClientMessage[] = [];
  private size = 0;
  private isPaused = false;
  /** What is settled, as far as it was said. */
  private claims = new Claims();
  private heardAt: number;
  private pingedAt = -Infinity;
  private endBy: number;
  private readonly number: number;
  private readonly burst: Burst;
  private readonly allowance: Allowance;
  private readonly outbox: NativeOutbox;
  private readonly watches: NameWatches;
  private readonly arrival: Arrival;
  private readonly watchdog: Watchdog;
  private readonly answer = (): void => {
    while (this.mayAnswer) {
      if (this.rest.length > 0) {
        this.takeAll(this.rest);
        if (this.rest.length > 0 || this.burst.isOver(0)) break;
        continue;
      }
      const frame = this.frames.shift();
      if (frame === undefined) break;
      this.size -= frame.length;
      this.read(frame);
      if (this.rest.length > 0 || this.burst.isOver(0)) break;
    }
  };

  /**
   * @param principal Who it is, if its token was looked at already.
   * @param over Called once, when there is no dialogue any more.
   */
  constructor(
    private readonly connection: NativeConnection,
    readonly principal: Principal | undefined,
    private readonly services: NativeServices,
    private readonly over: () => void,
  ) {
    const { core, limits } = services.kit;
    const { now, timeouts, turn } = core;
    this.heardAt = now();
    this.endBy = this.heardAt + limits.handshakeTime;
    this.burst = new Burst(now);
    this.allowance = new Allowance(limits.operationsPerSecond, now);
    this.watches = new NameWatches(core, () => {
      this.outbox.stir();
    });
    this.outbox = new NativeOutbox(
      connection,
      turn,
      now,
      () => this.watches.take(),
      () => {
        this.count();
        this.watchdog.guard();
      },
    );
    this.arrival = new Arrival(services, connection.source, principal, {
      arrived: (session, welcome) => {
        this.arrived(session, welcome);
      },
      turnedAway: (code, message) => {
        this.dismiss(code, message);
      },
    });
    this.watchdog = new Watchdog(
      timeouts,
      () => this.deadline,
      () => {
        turn.run(() => {
          this.bite();
        });
      },
    );
    services.meters.connected();
    this.number = services.log.next();
    services.log.say('client connected', { client: this.number, from: connection.source });
    this.watchdog.guard();
  }

  /** Whose it is; nobody's as long as it is not known. */
  get owner(): Principal | undefined {
    return this.session?.principal;
  }

  received(text: string | undefined): void {
    if (this.isOver) return;
    this.heardAt = this.services.kit.core.now();
    this.frames.push(text ?? '');
    this.size += text?.length ?? 0;
    this.count();
    this.proceed();
  }

  ponged(): void {
    this.heardAt = this.services.kit.core.now();
  }

  drained(): void {
    this.outbox.drained();
    this.count();
    if (this.isOver) return;
    // What has changed while it could not be told.
    this.outbox.stir();
    this.proceed();
  }

  closed(): void {
    if (this.state === 'closed') return;
    this.depart();
    this.state = 'closed';
    this.outbox.close();
    this.watchdog.stop();
    this.services.kit.core.buffers.set(this, 0);
    this.services.meters.disconnected();
    this.services.log.say('client gone', { client: this.number });
    this.over();
  }

  tell(message: ServerMessage): void {
    this.outbox.tell(message);
  }

  replaced(): void {
    this.session = undefined;
    this.dismiss('replaced', 'the session goes on over another connection');
  }

  cut(): void {
    this.countCut('stalled');
    this.drop();
  }

  work(time: number): number {
    const { effort, turn, rota } = this.services.kit.core;
    const before = effort.total;
    this.burst.begin(time);
    turn.run(this.answer);
    this.settle();
    if (this.mayAnswer && (this.hasMore || this.watches.hasMore)) {
      if (this.watches.hasMore) this.outbox.stir();
      rota.wait(this);
    }
    return effort.total - before;
  }

  /** Tells why it is over, and closes. */
  dismiss(code: GoodbyeCode, message: string): void {
    if (this.isOver) return;
    const { versions } = this.services;
    const isStrange = this.state !== 'open';
    this.countCut(code);
    this.depart();
    this.outbox.tell(isStrange ? { type: 'refused', code, message, versions } : { type: 'bye', code, message });
    this.hangUp(CLOSE_CODES[code]);
  }

  private get isOver(): boolean {
    return this.state === 'ending' || this.state === 'closed';
  }

  private get hasMore(): boolean {
    return this.rest.length > 0 || this.frames.length > 0;
  }

  private get mayAnswer(): boolean {
    return (this.state === 'open' || this.state === 'strange') && !this.outbox.isStalled;
  }

  private proceed(): void {
    this.services.kit.core.rota.enter(this);
    this.settle();
  }

  private read(frame: string): void {
    let messages: ClientMessage[];
    try {
      messages = readClientFrame(frame);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.dismiss('protocol', error.message);
      return;
    }
    this.services.kit.core.effort.total += messages.length;
    this.services.meters.operations += messages.length;
    if (this.state === 'strange') this.introduce(messages);
    else this.takeAll(messages);
  }

  /** What is asked in one frame is done with nothing between, unless that would have the others wait for long. */
  private takeAll(messages: readonly ClientMessage[]): void {
    const { effort } = this.services.kit.core;
    const end = effort.total + DEAR;
    this.rest = [];
    for (let index = 0; index < messages.length; index++) {
      this.take(messages[index] as ClientMessage);
      // The client goes on with the first answers while the rest is done here.
      if (index % PART === PART - 1) this.outbox.spill();
      if (effort.total <= end) continue;
      if (!this.isOver) this.rest = messages.slice(index + 1);
      break;
    }
  }

  private introduce([hello, ...more]: readonly ClientMessage[]): void {
    if (hello?.type !== 'hello' || more.length > 0) {
      this.dismiss('protocol', 'the first frame is hello, and nothing else');
      return;
    }
    this.state = 'arriving';
    this.arrival.begin(hello);
  }

  private arrived(session: NativeSession, welcome: Welcome): void {
    this.session = session;
    session.listener = this;
    this.state = 'open';
    this.endBy = Infinity;
    this.connection.welcome();
    this.services.log.say('client known', { client: this.number, user: session.principal.name, session: session.id });
    this.outbox.tell(welcome);
    // What has come meanwhile, if it was not told at once.
    if (this.hasMore) this.services.kit.core.rota.wait(this);
  }

  private take(message: ClientMessage): void {
    const { session } = this;
    if (session === undefined) return;
    if (message.type === 'hello') this.dismiss('protocol', 'hello is said once');
    else if (session.isUnsettled && message.type !== 'settle') {
      this.dismiss('protocol', 'after a resumption, settle comes first');
    } else if (message.id <= session.lastId) {
      this.fail(message, 'invalid', 'the id is not greater than those before it');
    } else {
      session.lastId = message.id;
      this.serve(session, message);
    }
  }

  private serve(session: NativeSession, ask: ClientAsk): void {
    if (isBounded(ask) && !this.allowance.take()) {
      this.services.meters.refused.add('capacity');
      const retryAfter = Math.ceil(this.allowance.wait());
      this.tell({ type: 'error', id: ask.id, code: 'limit', message: 'too many asks a second', retryAfter });
    } else if (ask.type === 'settle') this.hearClaims(session, ask);
    else if (ask.type === 'end') this.endSession(session, ask.id);
    else {
      serveAsk(ask, { session, watches: this.watches, outbox: this.outbox }, this.services);
    }
    if (session.unheard.size > this.services.limits.locks + UNHEARD) {
      this.dismiss('protocol', 'the client does not say what news it has heard');
    }
  }

  private hearClaims(session: NativeSession, ask: Settle): void {
    const { limits, book, beliefs } = this.services;
    this.claims.add(ask);
    if (this.claims.size > 2 * (limits.locks + limits.waiters)) {
      this.dismiss('limit', 'the client claims more than it may have');
    } else if (ask.more === true) this.tell({ type: 'done', id: ask.id });
    else {
      const { claims } = this;
      this.claims = new Claims();
      book.confirm(session);
      beliefs.settle(session, ask, claims);
    }
  }

  private endSession(session: NativeSession, id: number): void {
    this.services.care.end(session);
    this.session = undefined;
    this.outbox.tell({ type: 'done', id });
    this.depart();
    this.hangUp(1000);
  }

  private countCut(reason: GoodbyeCode | 'stalled'): void {
    const { meters, log } = this.services;
    meters.cut.add(reason);
    log.say(this.state === 'open' ? 'client cut off' : 'client refused', { client: this.number, reason });
  }

  private fail({ id }: ClientAsk, code: 'invalid', message: string): void {
    this.services.meters.refused.add('validation');
    this.tell({ type: 'error', id, code, message });
  }

  /** Writes what was told, and closes once the client has taken it. */
  private hangUp(code: number): void {
    this.outbox.flush();
    this.outbox.close();
    this.state = 'ending';
    this.endBy = this.services.kit.core.now() + LINGER;
    this.connection.end(code);
    this.settle();
  }

  /** Closes at once. */
  private drop(): void {
    this.depart();
    if (this.state !== 'closed') this.state = 'ending';
    this.endBy = Infinity;
    this.outbox.close();
    this.connection.destroy();
  }

  /** Has nothing any more: its session waits for another connection. */
  private depart(): void {
    const { session } = this;
    this.session = undefined;
    this.arrival.forget();
    this.watches.close();
    this.frames.length = 0;
    this.rest = [];
    this.size = 0;
    this.services.kit.core.rota.leave(this);
    if (session?.listener === this) this.services.care.dropped(session);
  }

  /** Reads, and is patient, as befits the state. */
  private settle(): void {
    const pause = !this.isOver && (this.frames.length > MAX_AHEAD || this.size > this.services.limits.frame);
    if (pause !== this.isPaused) {
      this.isPaused = pause;
      if (pause) this.connection.pause();
      else this.connection.resume();
    }
    this.count();
    this.watchdog.guard();
  }

  private count(): void {
    const { core, limits } = this.services.kit;
    core.buffers.keep(this, this.isOver ? 0 : this.outbox.untaken + this.size, limits.bufferedPerClient);
  }

  /** When the client is given up or asked for a sign of life, if nothing happens until then. */
  private get deadline(): number {
    if (this.state === 'closed') return Infinity;
    const quiet = this.state === 'open' ? Math.max(this.heardAt, this.pingedAt) + SILENCE : Infinity;
    return Math.min(quiet, this.endBy, this.outbox.stuckSince + this.services.kit.limits.stallTime);
  }

  private bite(): void {
    const now = this.services.kit.core.now();
    if (now >= this.outbox.stuckSince + this.services.kit.limits.stallTime) this.cut();
    else if (this.state === 'ending') this.drop();
    else if (this.state !== 'open') this.dismiss('silent', 'hello has not come in time');
    else if (this.pingedAt > this.heardAt) {
      this.countCut('silent');
      this.drop();
    } else {
      this.pingedAt = now;
      this.connection.ping();
    }
  }
}
