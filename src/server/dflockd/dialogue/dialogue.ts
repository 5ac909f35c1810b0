import type { ServerConnection, Dialogue } from '../../connection.js';
import { effortOf } from '../../effort.js';
import { Allowance } from '../../allowance.js';
import { ServerOutbox } from '../../outbox.js';
import { Watchdog } from '../../watchdog.js';
import type { Buffered } from '../../buffers.js';
import { DflockdSession } from '../desk/dflockd-session.js';
import { AnswerLine } from './answer-line.js';
import { Introduction } from './introduction.js';
import type { Principal } from '../../principals.js';
import type { Promised } from '../desk/promised.js';
import type { Frame } from '../wire/frame-reader.js';
import { Intake, type Mode } from '../wire/intake.js';
import { isHttp, readRequest } from '../wire/read-request.js';
import type { Request } from '../wire/request.js';
import { Pace } from './pace.js';
import { refusalIn } from './refusal-in.js';
import { isBounded, refusalOf, serve } from './serve.js';
import type { Services } from './services.js';
import type { SignalListener } from '../signals/signal-hub.js';
import { Wait } from '../desk/wait.js';

/** Signals are gathered up to so many characters. */
const MAX_GATHERED = 64 * 1024;
/** Who guesses tokens has to wait so long for the next guess. */
const REFUSAL_DELAY = 100;
/** So many answers of one client may wait to be stored before more of its requests are looked at. */
const MAX_PROMISED = 1024;
/** A client that was told to go, and neither takes what it is still told nor closes, is cut off. */
const LINGER = 5000;

/**
 * One client's dialogue: requests are answered one after the other. One that waits for a lock keeps those after it waiting.
 */
export class DflockdDialogue implements Dialogue, SignalListener, Buffered {
  readonly session: DflockdSession;
  buffered = 0;
  /** `strange`: has to say the token first. `refused`: said the wrong one. `ending`: has nothing any more, and is to close. */
  private state: 'strange' | 'open' | 'refused' | 'ending' | 'closed';
  private readonly intake: Intake;
  private readonly outbox: ServerOutbox;
  private readonly answers: AnswerLine;
  private principal: Principal | undefined = undefined;
  private readonly waiting: Wait;
  private readonly introduction: Introduction;
  private readonly pace: Pace;
  /** Until when it has been told all that has happened. */
  private toldAt = -Infinity;
  private endBy = Infinity;
  /** It holds a lock until then, and may be silent so long. */
  private silentUntil = -Infinity;
  private readonly allowance: Allowance;
  /** The longest answer of those that the client has not taken: one that is large is its due. */
  private longest = 0;
  private readonly watchdog: Watchdog;
  /** @param over Called once, when there is no dialogue any more. */
  constructor(
    private readonly id: number,
    private readonly connection: ServerConnection,
    private readonly services: Services,
    private readonly over: () => void,
  ) {
    const { now, timeouts, turn, principals, desk } = services;
    this.session = new DflockdSession(id, services.traces);
    this.state = principals.required ? 'strange' : 'open';
    this.intake = new Intake(connection, now);
    this.allowance = new Allowance(services.operationsPerSecond, now);
    this.pace = new Pace(
      services,
      () => {
        this.answerBurst();
      },
      () => {
        this.adjust();
      },
    );
    this.waiting = new Wait(
      timeouts,
      desk,
      (place) => {
        this.intake.restart();
        this.promise({ place, word: 'ok' });
        this.pace.proceed();
      },
      () => {
        this.intake.restart();
        this.reply('timeout');
        this.pace.proceed();
      },
    );
    this.introduction = new Introduction(connection.source, services, (principal) => {
      this.introduced(principal);
    });
    this.watchdog = new Watchdog(
      timeouts,
      () => this.deadline,
      () => {
        this.bite();
      },
    );
    this.outbox = new ServerOutbox(connection, turn, now, () => {
      this.count();
      this.watchdog.guard();
    });
    this.answers = new AnswerLine((text) => {
      this.outbox.say(text);
    });
    services.log.say('client connected', { client: id, from: connection.source });
    if (!principals.required) connection.welcome();
    this.watchdog.guard();
  }

  received(text: string): void {
    if (!this.isOpen) return;
    this.intake.take(text);
    this.silentUntil = -Infinity;
    this.count();
    this.pace.proceed();
  }

  finished(): void {
    this.intake.finish();
    this.pace.proceed();
  }

  drained(): void {
    this.outbox.drained();
    this.count();
    if (this.state === 'ending') this.endBy = this.services.now() + LINGER;
    if (this.outbox.isStalled) return;
    this.intake.restart();
    this.pace.proceed();
  }

  closed(): void {
    if (this.state === 'closed') return;
    this.depart();
    this.state = 'closed';
    this.outbox.close();
    this.watchdog.stop();
    this.services.buffers.set(this, 0);
    this.services.log.say('client gone', { client: this.id });
    this.over();
  }

  /** What the client waits for is refused. */
  turnAway(): void {
    if (!this.waiting.isOn) return;
    this.waiting.leave();
    this.answers.say('error\n');
  }

  /** Closes if who it is has no token any more. */
  reconsider(): void {
    if (this.principal !== undefined && !this.services.principals.has(this.principal)) this.hangUp();
  }

  hear(line: string): boolean {
    if (this.outbox.size > MAX_GATHERED) this.outbox.flush();
    if (this.outbox.untaken > this.services.bufferedPerClient) return false;
    this.outbox.say(line);
    return true;
  }

  cut(): void {
    if (this.state === 'closed') return;
    this.countCut('stalled');
    this.depart();
    this.state = 'ending';
    this.endBy = Infinity;
    this.outbox.close();
    this.connection.destroy();
  }

  /** Gives back what the client has, and closes once it has taken what was said. */
  hangUp(): void {
    if (this.state === 'ending' || this.state === 'closed') return;
    this.depart();
    this.outbox.flush();
    this.state = 'ending';
    this.endBy = this.services.now() + LINGER;
    this.connection.end();
    this.adjust();
  }

  /** Are its requests answered? */
  private get isOpen(): boolean {
    return this.state === 'open' || this.state === 'strange';
  }

  private get mayAnswer(): boolean {
    return (
      this.isOpen &&
      !this.waiting.isOn &&
      !this.introduction.isOn &&
      !this.pace.isResting &&
      !this.outbox.isStalled &&
      this.answers.size < MAX_PROMISED
    );
  }

  private answerBurst(): void {
    const dear = this.mayAnswer ? this.pace.takeDear() : undefined;
    if (dear !== undefined) this.serve(dear);
    while (this.mayAnswer && !this.pace.owes) {
      const frame = this.intake.next();
      if (typeof frame === 'string') {
        this.lack(frame);
        return;
      }
      this.answer(frame);
      if (this.pace.isOver(this.outbox.size)) this.doze();
    }
    // Whoever has closed wants no lock any more.
    if (this.intake.hasFinished && this.waiting.isOn) this.hangUp();
  }

  /** Goes on when the others have had their turn. */
  private doze(): void {
    this.outbox.flush();
    this.pace.rest();
  }

  /** There is no request. */
  private lack(reason: 'incomplete' | 'too-long'): void {
    if (reason === 'too-long') this.dismiss('error\n');
    // Who says no more still hears what he has asked for.
    else if (this.intake.hasFinished && this.answers.size === 0) this.dismiss();
  }

  private answer(frame: Frame): void {
    const request = readRequest(frame, this.services.defaultLease);
    this.services.effort.total++;
    this.services.meters.operations++;
    if (this.state === 'strange') this.introduce(request);
    else if (request === undefined && isHttp(frame)) this.dismissPage();
    else if (request === undefined || this.isTooLong(request)) this.reply('error');
    else if (isBounded(request) && !this.allowance.take()) this.reply(refusalOf(request));
    else if (this.pace.affords(request)) this.serve(request);
  }

  private introduce(request: Request | undefined): void {
    if (request?.type === 'auth') this.introduction.begin(request.token);
    else this.refuse();
  }

  private introduced(principal: Principal | undefined): void {
    if (principal === undefined) {
      this.refuse();
      return;
    }
    this.principal = principal;
    this.state = 'open';
    this.services.log.say('client known', { client: this.id, user: principal.name });
    this.connection.welcome();
    this.intake.restart();
    this.answers.say('ok\n');
    this.pace.proceed();
  }

  private refuse(): void {
    this.services.meters.refused.add('authentication');
    this.services.log.say('client refused', { client: this.id, reason: 'auth' });
    this.outbox.say('error_auth\n');
    this.state = 'refused';
    this.endBy = this.services.now() + REFUSAL_DELAY;
    this.adjust();
  }

  private serve(request: Request): void {
    const answer = serve(request, this.session, this, this.services, Math.max(this.intake.since, this.toldAt));
    if (request.type !== 'ping') this.toldAt = this.services.now();
    if (typeof answer === 'string') this.reply(answer);
    else if ('timeout' in answer) this.waiting.begin(answer.place, answer.timeout);
    else this.promise(answer);
  }

  private reply(answer: string): void {
    const { effort } = this.services;
    effort.total += effortOf(answer.length);
    this.longest = Math.max(this.longest, answer.length);
    const refusal = refusalIn(answer);
    if (refusal !== undefined) this.countRefusal(refusal);
    this.answers.say(`${answer}\n`);
  }

  /** Answers when that is stored; others meanwhile. */
  private promise(promised: Promised): void {
    const say = this.answers.later();
    let isLate = false;
    this.services.desk.keep(promised, (answer, failure) => {
      const wasFull = this.answers.size >= MAX_PROMISED;
      if (failure !== undefined) this.countRefusal('storage');
      say(`${answer}\n`);
      if ((wasFull || (isLate && this.intake.hasFinished)) && this.isOpen) this.pace.proceed();
    });
    isLate = true;
  }

  private countRefusal(reason: string): void {
    const { meters, log } = this.services;
    meters.refused.add(reason);
    if (log.isOn) log.say('ask refused', { client: this.id, reason });
  }

  private countCut(reason: 'http' | 'stalled' | 'silent'): void {
    const { meters, log } = this.services;
    meters.cut.add(reason);
    log.say('client cut off', { client: this.id, reason });
  }

  private isTooLong(request: Request): boolean {
    return 'lease' in request && request.lease > this.services.maxLease;
  }

  /** Reads, and is patient, as befits the state. */
  private adjust(): void {
    this.intake.regulate(this.mode);
    this.count();
    this.watchdog.guard();
  }

  private count(): void {
    const { buffers, bufferedPerClient } = this.services;
    const bytes = this.outbox.untaken + this.intake.size;
    if (this.outbox.untaken === 0) this.longest = 0;
    buffers.keep(this, this.state === 'closed' ? 0 : bytes, this.isOpen ? bufferedPerClient + this.longest : Infinity);
  }

  private get mode(): Mode {
    // What a client says that was told to go is read, so that its end is seen, and dropped.
    if (this.state === 'ending' || this.state === 'closed') return 'dropped';
    if (this.state === 'refused') return 'shut';
    if (this.waiting.isOn || this.introduction.isOn) return 'awaited';
    return this.pace.isResting || this.outbox.isStalled ? 'rested' : 'answered';
  }

  /** When the client is given up, if nothing happens until then. */
  private get deadline(): number {
    if (this.state === 'closed') return Infinity;
    const { readTimeout, writeTimeout } = this.services;
    const readBy = this.mayAnswer ? Math.max(this.intake.since + readTimeout, this.silentUntil) : Infinity;
    return Math.min(readBy, this.outbox.stuckSince + writeTimeout, this.endBy);
  }

  private bite(): void {
    const isStuck = this.services.now() >= this.outbox.stuckSince + this.services.writeTimeout;
    if (isStuck || this.state === 'ending') this.cut();
    else if (this.state === 'refused') this.hangUp();
    else if (!this.mayBeSilent()) {
      this.countCut('silent');
      this.dismiss('error\n');
    }
  }

  /** Does it hold something until later? Then whoever waits for that waits no longer than its lease. */
  private mayBeSilent(): boolean {
    const { holdersMayBeSilent, now } = this.services;
    if (!holdersMayBeSilent || this.state !== 'open') return false;
    this.silentUntil = this.session.heldUntil;
    return this.silentUntil > now();
  }

  /** There will be nothing to understand any more. */
  private dismiss(word = ''): void {
    if (this.state === 'strange') {
      this.refuse();
      return;
    }
    this.outbox.say(word);
    this.hangUp();
  }

  /** What a page says is not looked at. */
  private dismissPage(): void {
    this.countCut('http');
    this.dismiss('error\n');
  }

  private depart(): void {
    if (this.state === 'ending' || this.state === 'closed') return;
    this.waiting.forget();
    this.introduction.forget();
    this.pace.stop();
    this.services.signals.forget(this);
    this.services.desk.end(this.session);
  }
}
