import type { ClientMessage } from '../../../native/from-client.js';
import type { GoodbyeCode, ServerMessage, Welcome } from '../../../native/from-server.js';
import type { Buffered } from '../../buffers.js';
import type { Principal } from '../../principals.js';
import type { Worker } from '../../rota.js';
import type { NativeSession, SessionListener } from '../desk/native-session.js';
import type { ConnectionListener, NativeConnection } from '../wire/native-connection.js';
import { Arrival } from './arrival.js';
import { CLOSE_CODES } from './close-codes.js';
import { Conversation } from './conversation.js';
import { NameWatches } from './name-watches.js';
import { NativeIntake, type FrameListener } from './native-intake.js';
import { NativeOutbox } from './native-outbox.js';
import type { NativeServices } from './native-services.js';
import { Lifeline } from './lifeline.js';

/** A client that was told to go, and does not close, is cut off. Milliseconds. */
const LINGER = 5000;

/** One connection's dialogue: what it asks for is done in order, and what it is told is told in frames. */
export class NativeDialogue implements ConnectionListener, FrameListener, SessionListener, Buffered, Worker {
  buffered = 0;
  due = 0;
  last = 1;
  position = -1;
  conversation: Conversation | undefined = undefined;
  /** `strange`: has to say who it is. `arriving`: that is being looked at. `ending`: has nothing any more, and is to close. */
  private state: 'strange' | 'arriving' | 'open' | 'ending' | 'closed' = 'strange';
  private readonly number: number;
  private readonly intake: NativeIntake;
  private readonly outbox: NativeOutbox;
  private readonly watches: NameWatches;
  private readonly arrival: Arrival;
  private readonly lifeline: Lifeline;
  private readonly answer = (): void => {
    this.intake.answer();
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
    const { now, turn } = core;
    this.intake = new NativeIntake(connection, services, this);
    this.watches = new NameWatches(core, () => {
      this.outbox.stir();
    });
    this.outbox = new NativeOutbox(
      connection,
      turn,
      now,
      () => this.news(),
      () => {
        this.count();
        this.lifeline.guard();
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
    this.lifeline = new Lifeline(core, limits.stallTime, () => this.outbox.stuckSince, {
      doubted: () => {
        this.connection.ping();
      },
      silent: () => {
        this.countCut('silent');
        this.drop();
      },
      stalled: () => {
        this.cut();
      },
      overdue: () => {
        if (this.state === 'ending') this.drop();
        else this.dismiss('silent', 'hello has not come in time');
      },
    });
    services.meters.connected();
    this.number = services.log.next();
    services.log.say('client connected', { client: this.number, from: connection.source });
    this.lifeline.within(limits.handshakeTime);
    this.lifeline.guard();
  }

  get mayAnswer(): boolean {
    return (this.state === 'open' || this.state === 'strange') && !this.outbox.isStalled;
  }

  /** Whose it is; nobody's as long as it is not known. */
  get owner(): Principal | undefined {
    return this.conversation?.session.principal;
  }

  received(text: string | undefined): void {
    if (this.isOver) return;
    this.lifeline.hear();
    this.intake.add(text ?? '');
    this.count();
    this.proceed();
  }

  ponged(): void {
    this.lifeline.hear();
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
    this.lifeline.stop();
    this.services.kit.core.buffers.set(this, 0);
    this.services.meters.disconnected();
    this.services.log.say('client gone', { client: this.number });
    this.over();
  }

  introduced(messages: readonly ClientMessage[]): void {
    this.state = 'arriving';
    this.arrival.begin(messages);
  }

  misunderstood(why: string): void {
    this.dismiss('protocol', why);
  }

  partDone(): void {
    this.outbox.spill();
  }

  tell(message: ServerMessage): void {
    this.outbox.tell(message);
  }

  replaced(): void {
    this.dismiss('replaced', 'the session goes on over another connection');
  }

  cut(): void {
    this.countCut('stalled');
    this.drop();
  }

  work(time: number): number {
    const { effort, turn, rota } = this.services.kit.core;
    const before = effort.total;
    this.intake.begin(time);
    turn.run(this.answer);
    this.adjust();
    if (this.mayAnswer && (this.intake.hasMore || this.watches.hasMore)) {
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
    this.depart(code === 'replaced');
    this.outbox.tell(isStrange ? { type: 'refused', code, message, versions } : { type: 'bye', code, message });
    this.hangUp(CLOSE_CODES[code]);
  }

  private get isOver(): boolean {
    return this.state === 'ending' || this.state === 'closed';
  }

  private proceed(): void {
    this.services.kit.core.rota.enter(this);
    this.adjust();
  }

  private arrived(session: NativeSession, welcome: Welcome): void {
    this.conversation = new Conversation(session, this.watches, this.outbox, this.services, {
      dismiss: (code, message) => {
        this.dismiss(code, message);
      },
      ended: (id) => {
        this.outbox.tell({ type: 'done', id });
        this.depart();
        this.hangUp(1000);
      },
    });
    session.listener = this;
    this.state = 'open';
    this.lifeline.talk();
    this.connection.welcome();
    this.services.log.say('client known', { client: this.number, user: session.principal.name, session: session.id });
    this.outbox.tell(welcome);
    // What has come meanwhile, if it was not told at once.
    if (this.intake.hasMore) this.services.kit.core.rota.wait(this);
  }

  /** Writes what was told, and closes once the client has taken it. */
  private hangUp(code: number): void {
    this.outbox.flush();
    this.outbox.close();
    this.state = 'ending';
    this.lifeline.within(LINGER);
    this.connection.end(code);
    this.adjust();
  }

  /** Closes at once. */
  private drop(): void {
    this.depart();
    if (this.state !== 'closed') this.state = 'ending';
    this.lifeline.within(Infinity);
    this.outbox.close();
    this.connection.destroy();
  }

  /** Has nothing any more: its session waits for another connection. @param isReplaced It has got another already. */
  private depart(isReplaced = false): void {
    const { conversation } = this;
    this.conversation = undefined;
    this.arrival.forget();
    this.watches.close();
    this.intake.clear();
    this.services.kit.core.rota.leave(this);
    const goesOn = conversation?.close() === true && !isReplaced;
    if (goesOn && conversation.session.listener === this) this.services.care.dropped(conversation.session);
  }

  private countCut(reason: GoodbyeCode | 'stalled'): void {
    const { meters, log } = this.services;
    meters.cut.add(reason);
    log.say(this.state === 'open' ? 'client cut off' : 'client refused', { client: this.number, reason });
  }

  /** Reads, and is patient, as befits the state. */
  private adjust(): void {
    this.intake.regulate(this.isOver);
    this.count();
    this.lifeline.guard();
  }

  /** What has changed, and of what was asked for. What is left of that is told when the others had their turn. */
  private news(): ServerMessage[] {
    const messages = this.watches.take();
    if (this.watches.hasMore) this.services.kit.core.rota.wait(this);
    return messages;
  }

  private count(): void {
    const { core, limits } = this.services.kit;
    // What is claimed has a bound of its own; with what others make the server keep it counts all the same.
    const claimed = this.conversation?.claimed ?? 0;
    const bytes = this.isOver ? 0 : claimed + this.outbox.untaken + this.intake.size;
    core.buffers.keep(this, bytes, claimed + limits.bufferedPerClient);
  }
}
