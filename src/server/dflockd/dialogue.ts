import { Burst } from '../burst.js';
import type { ServerConnection, Dialogue } from '../connection.js';
import { ServerOutbox } from '../outbox.js';
import { Ringer } from '../ringer.js';
import { Watchdog } from '../watchdog.js';
import { DflockdSession } from './dflockd-session.js';
import type { Frame } from './wire/frame-reader.js';
import { Intake, type Mode } from './wire/intake.js';
import { readRequest } from './wire/read-request.js';
import type { Request } from './wire/request.js';
import { serve } from './serve.js';
import type { Services } from './services.js';
import type { SignalListener } from './signals/signal-hub.js';
import { Wait } from './desk/wait.js';

/** Signals are gathered up to so many characters. */
const MAX_GATHERED = 64 * 1024;
/** A client that has not taken this much is told of no more signals, but cut off. More than one burst of another client. */
const MAX_UNHEARD = 1024 * 1024;
/** Who guesses tokens has to wait so long for the next guess. */
const REFUSAL_DELAY = 100;
/** A client that was told to go, and neither takes what it is still told nor closes, is cut off. */
const LINGER = 5000;

/**
 * One client's dialogue: requests are answered one after the other. One that waits for a lock keeps those after it waiting.
 */
export class DflockdDialogue implements Dialogue, SignalListener {
  readonly session: DflockdSession;
  /** `strange`: has to say the token first. `refused`: said the wrong one. `ending`: has nothing any more, and is to close. */
  private state: 'strange' | 'open' | 'refused' | 'ending' | 'closed';
  private readonly intake: Intake;
  private readonly outbox: ServerOutbox;
  private readonly waiting: Wait;
  private readonly burst: Burst;
  /** In the middle of `proceed`. */
  private isBusy = false;
  private isResting = false;
  private endBy = Infinity;
  private readonly rest = new Ringer(() => {
    this.isResting = false;
    this.proceed();
  });
  private readonly watchdog: Watchdog;
  private readonly answerAll = (): void => {
    this.answerBurst();
  };

  /** @param over Called once, when there is no dialogue any more. */
  constructor(
    id: number,
    private readonly connection: ServerConnection,
    private readonly services: Services,
    private readonly over: () => void,
  ) {
    const { now, timeouts, turn, auth, desk } = services;
    this.session = new DflockdSession(id);
    this.state = auth === undefined ? 'open' : 'strange';
    this.intake = new Intake(connection, now);
    this.burst = new Burst(now);
    this.waiting = new Wait(timeouts, desk, (answer) => {
      this.goOn(answer);
    });
    this.watchdog = new Watchdog(
      timeouts,
      () => this.deadline,
      () => {
        this.bite();
      },
    );
    this.outbox = new ServerOutbox(connection, turn, now, () => {
      this.watchdog.guard();
    });
    this.watchdog.guard();
  }

  received(text: string): void {
    if (!this.isOpen) return;
    this.intake.take(text);
    this.proceed();
  }

  finished(): void {
    this.intake.finish();
    this.proceed();
  }

  drained(): void {
    this.outbox.drained();
    if (this.state === 'ending') this.endBy = this.services.now() + LINGER;
    if (this.outbox.isStalled) return;
    this.intake.restart();
    this.proceed();
  }

  closed(): void {
    if (this.state === 'closed') return;
    this.depart();
    this.state = 'closed';
    this.outbox.close();
    this.watchdog.stop();
    this.services.timeouts.clear(this.rest);
    this.over();
  }

  /** What the client waits for is refused. */
  turnAway(): void {
    if (!this.waiting.isOn) return;
    this.waiting.leave();
    this.outbox.say('error\n');
  }

  hear(line: string): boolean {
    if (this.outbox.size > MAX_GATHERED) this.outbox.flush();
    if (this.outbox.untaken > MAX_UNHEARD) return false;
    this.outbox.say(line);
    return true;
  }

  cut(): void {
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
    this.settle();
  }

  /** Are its requests answered? */
  private get isOpen(): boolean {
    return this.state === 'open' || this.state === 'strange';
  }

  private get mayAnswer(): boolean {
    return this.isOpen && !this.waiting.isOn && !this.isResting && !this.outbox.isStalled;
  }

  private proceed(): void {
    if (this.isBusy) return;
    this.isBusy = true;
    this.services.turn.run(this.answerAll);
    this.isBusy = false;
    this.settle();
  }

  private answerBurst(): void {
    this.burst.begin();
    while (this.mayAnswer) {
      const frame = this.intake.next();
      if (typeof frame === 'string') {
        this.lack(frame);
        return;
      }
      this.answer(frame);
      if (this.burst.isOver(this.outbox.size)) this.doze();
    }
    // Whoever has closed wants no lock any more.
    if (this.intake.hasFinished && this.waiting.isOn) this.hangUp();
  }

  /** Goes on when the others have had their turn. */
  private doze(): void {
    this.outbox.flush();
    this.isResting = true;
    this.services.timeouts.set(this.rest, this.services.now());
  }

  /** There is no request. */
  private lack(reason: 'incomplete' | 'too-long'): void {
    if (reason === 'too-long') this.dismiss('error\n');
    else if (this.intake.hasFinished) this.dismiss();
  }

  private answer(frame: Frame): void {
    const request = readRequest(frame, this.services.defaultLease);
    if (this.state === 'strange') this.introduce(request);
    else if (request === undefined) this.outbox.say('error\n');
    else this.serve(request);
  }

  private introduce(request: Request | undefined): void {
    if (request?.type === 'auth' && this.services.auth?.accepts(request.token) === true) {
      this.state = 'open';
      this.outbox.say('ok\n');
    } else this.refuse();
  }

  private refuse(): void {
    this.outbox.say('error_auth\n');
    this.state = 'refused';
    this.endBy = this.services.now() + REFUSAL_DELAY;
    this.settle();
  }

  private serve(request: Request): void {
    const answer = serve(request, this.session, this, this.services);
    if (typeof answer === 'string') this.outbox.say(`${answer}\n`);
    else this.waiting.begin(answer.place, answer.timeout);
  }

  /** What the client waited for is answered, and then what it asked for meanwhile. */
  private goOn(answer: string): void {
    this.intake.restart();
    this.outbox.say(answer);
    this.proceed();
  }

  /** Reads, and is patient, as befits the state. */
  private settle(): void {
    this.intake.regulate(this.mode);
    this.watchdog.guard();
  }

  private get mode(): Mode {
    // What a client says that was told to go is read, so that its end is seen, and dropped.
    if (this.state === 'ending' || this.state === 'closed') return 'dropped';
    if (this.state === 'refused') return 'shut';
    if (this.waiting.isOn) return 'awaited';
    return this.isResting || this.outbox.isStalled ? 'rested' : 'answered';
  }

  /** When the client is given up, if nothing happens until then. */
  private get deadline(): number {
    if (this.state === 'closed') return Infinity;
    const { readTimeout, writeTimeout } = this.services;
    const readBy = this.mayAnswer ? this.intake.since + readTimeout : Infinity;
    return Math.min(readBy, this.outbox.stuckSince + writeTimeout, this.endBy);
  }

  private bite(): void {
    const isStuck = this.services.now() >= this.outbox.stuckSince + this.services.writeTimeout;
    if (isStuck || this.state === 'ending') this.cut();
    else if (this.state === 'refused') this.hangUp();
    else this.dismiss('error\n');
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

  private depart(): void {
    if (this.state === 'ending' || this.state === 'closed') return;
    this.waiting.forget();
    this.services.signals.forget(this);
    this.services.desk.end(this.session);
  }
}
