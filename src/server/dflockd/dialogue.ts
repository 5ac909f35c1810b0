import type { Connection, Dialogue } from '../connection.js';
import type { Timeouts } from '../timeouts.js';
import { Watchdog } from '../watchdog.js';
import { answerOf, type DflockdPlace } from './dflockd-place.js';
import { DflockdSession } from './dflockd-session.js';
import { FrameReader, type Frame } from './frame-reader.js';
import type { Services } from './services.js';
import { readRequest } from './read-request.js';
import type { Request } from './request.js';
import type { SignalListener } from './signal-hub.js';
import { Ringer } from './ringer.js';
import { serve } from './serve.js';

/** As much is answered in one go; then it is somebody else's turn. In characters. */
const BURST = 64 * 1024;
/** As many requests at most are answered in one go. */
const BURST_REQUESTS = 1000;
/** A client that has not taken this much of its answers has to wait for more. In bytes. */
const MAX_BACKLOG = 64 * 1024;
/** A client that has not taken this much is told of no more signals, but cut off. More than one burst of another client. */
const MAX_UNHEARD = 1024 * 1024;
/** As much is read ahead of a request that waits for a lock. Read on it must be: that is how a client that closes is noticed. */
const MAX_AHEAD = 16 * 1024;
/** Who guesses tokens has to wait so long for the next guess. */
const REFUSAL_DELAY = 100;
/** A client that does not close after it was told to go is cut off. */
const LINGER = 5000;

/**
 * One client's dialogue: requests are answered one after the other. One that waits for a lock keeps those after it waiting.
 */
export class DflockdDialogue implements Dialogue, SignalListener {
  readonly session: DflockdSession;
  private readonly frames = new FrameReader();
  private state: 'strange' | 'open' | 'refused' | 'ending' | 'closed';
  private out = '';
  /** What the client waits for. */
  private pending: DflockdPlace | undefined = undefined;
  /** In the middle of `proceed`. */
  private isBusy = false;
  private isResting = false;
  private isPaused = false;
  private hasFinished = false;
  private readonly patience = new Ringer(() => {
    this.loseTurn();
  });
  private readonly rest = new Ringer(() => {
    this.isResting = false;
    this.proceed();
  });
  private readonly watchdog: Watchdog;
  /** When the line that is being waited for became due, and when writing stopped making progress. */
  private readSince: number;
  private stuckSince = Infinity;
  private endBy = Infinity;
  private readonly onGranted = (place: DflockdPlace): void => {
    this.pending = undefined;
    this.timeouts.clear(this.patience);
    this.readSince = this.services.now();
    this.say(`ok ${answerOf(place)}\n`);
    this.proceed();
  };

  constructor(
    id: number,
    private readonly connection: Connection,
    private readonly services: Services,
  ) {
    this.session = new DflockdSession(id);
    this.state = services.auth === undefined ? 'open' : 'strange';
    this.readSince = services.now();
    this.watchdog = new Watchdog(
      services.timeouts,
      () => this.deadline,
      () => {
        this.bite();
      },
    );
    this.watchdog.guard();
  }

  received(text: string): void {
    if (this.state !== 'open' && this.state !== 'strange') return;
    this.frames.push(text);
    // Each line has its own time: half a line after another buys none.
    if (text.includes('\n')) this.readSince = this.services.now();
    this.proceed();
  }

  finished(): void {
    this.hasFinished = true;
    this.proceed();
  }

  drained(): void {
    const now = this.services.now();
    this.stuckSince = this.connection.backlog > 0 ? now : Infinity;
    if (this.isStalled) return;
    this.readSince = now;
    this.proceed();
  }

  closed(): void {
    if (this.state === 'closed') return;
    this.depart();
    this.state = 'closed';
    this.watchdog.stop();
    this.timeouts.clear(this.patience);
    this.timeouts.clear(this.rest);
    this.services.closed(this);
  }

  /** What the client waits for is refused. */
  turnAway(): void {
    const { pending } = this;
    if (pending === undefined) return;
    this.services.desk.leave(pending);
    this.say('error\n');
  }

  hear(line: string): boolean {
    if (this.out.length > BURST) this.flush();
    if (this.connection.backlog > MAX_UNHEARD) return false;
    this.say(line);
    return true;
  }

  cut(): void {
    this.depart();
    this.state = 'ending';
    this.endBy = Infinity;
    this.stuckSince = Infinity;
    this.connection.destroy();
  }

  private get timeouts(): Timeouts {
    return this.services.timeouts;
  }

  private get isStalled(): boolean {
    return this.connection.backlog > MAX_BACKLOG;
  }

  private proceed(): void {
    if (this.isBusy) return;
    this.isBusy = true;
    const frame = this.answerAll();
    this.isBusy = false;
    this.flush();
    if (frame === 'too-long') this.despair();
    // Whoever has closed wants no lock any more.
    else if (this.hasFinished && (frame === 'incomplete' || this.pending !== undefined)) this.hangUp();
    this.regulate();
    this.watchdog.guard();
  }

  /** @returns Why it stopped; undefined if there may be more. */
  private answerAll(): 'incomplete' | 'too-long' | undefined {
    for (let count = 0; this.mayAnswer; count++) {
      const frame = this.frames.next();
      if (typeof frame === 'string') return frame;
      this.answer(frame);
      if (this.out.length < BURST && count < BURST_REQUESTS) continue;
      this.flush();
      this.isResting = true;
      this.timeouts.set(this.rest, this.services.now());
    }
    return undefined;
  }

  private get mayAnswer(): boolean {
    const { state } = this;
    return (
      (state === 'open' || state === 'strange') && this.pending === undefined && !this.isResting && !this.isStalled
    );
  }

  private answer(frame: Frame): void {
    const request = readRequest(frame, this.services.defaultLease);
    if (this.state === 'strange') this.introduce(request);
    else if (request === undefined) this.say('error\n');
    else this.serve(request);
  }

  private introduce(request: Request | undefined): void {
    if (request?.type === 'auth' && this.services.auth?.accepts(request.token) === true) {
      this.state = 'open';
      this.say('ok\n');
    } else this.refuse();
  }

  private refuse(): void {
    this.say('error_auth\n');
    this.state = 'refused';
    this.endBy = this.services.now() + REFUSAL_DELAY;
    this.regulate();
    this.watchdog.guard();
  }

  private serve(request: Request): void {
    const answer = serve(request, this.session, this, this.services);
    if (typeof answer === 'string') {
      this.say(`${answer}\n`);
      return;
    }
    this.pending = answer;
    answer.awaited = this.onGranted;
    const { timeout } = request as Request & { readonly timeout: number };
    this.timeouts.set(this.patience, this.services.now() + timeout);
  }

  private loseTurn(): void {
    const { pending } = this;
    if (pending === undefined) return;
    this.pending = undefined;
    this.services.desk.leave(pending);
    this.readSince = this.services.now();
    this.say('timeout\n');
    this.proceed();
  }

  private say(text: string): void {
    this.out += text;
    if (!this.isBusy) this.flush();
  }

  private flush(): void {
    if (this.out === '') return;
    const { out } = this;
    this.out = '';
    if (this.state === 'closed') return;
    this.connection.write(out);
    if (this.connection.backlog > 0 && this.stuckSince === Infinity) {
      this.stuckSince = this.services.now();
      this.watchdog.guard();
    }
  }

  /** What is not read keeps the client waiting, and takes no memory here. */
  private regulate(): void {
    const { size } = this.frames;
    const waits = this.pending !== undefined ? size > MAX_AHEAD : size > 0 && (this.isResting || this.isStalled);
    // What a client says that was told to go is read, so that its end is seen, and dropped.
    const pause = this.state === 'refused' || (waits && this.state !== 'ending');
    if (pause === this.isPaused) return;
    this.isPaused = pause;
    if (pause) this.connection.pause();
    else this.connection.resume();
  }

  /** When the client is given up, if nothing happens until then. */
  private get deadline(): number {
    const { readTimeout, writeTimeout } = this.services;
    if (this.state === 'closed') return Infinity;
    const awaitsLine = (this.state === 'open' || this.state === 'strange') && this.pending === undefined;
    const readBy = awaitsLine && !this.isResting && !this.isStalled ? this.readSince + readTimeout : Infinity;
    return Math.min(readBy, this.stuckSince + writeTimeout, this.endBy);
  }

  private bite(): void {
    const now = this.services.now();
    if (now >= this.stuckSince + this.services.writeTimeout || this.state === 'ending') this.cut();
    else if (this.state === 'refused') this.hangUp();
    else this.despair();
  }

  /** There will be nothing to understand any more. */
  private despair(): void {
    if (this.state === 'strange') {
      this.refuse();
      return;
    }
    this.say('error\n');
    this.hangUp();
  }

  /** Gives back what the client has, and closes once it has taken what was said. */
  hangUp(): void {
    if (this.state === 'ending' || this.state === 'closed') return;
    this.depart();
    this.flush();
    this.state = 'ending';
    this.endBy = this.services.now() + LINGER;
    this.connection.end();
    this.regulate();
    this.watchdog.guard();
  }

  private depart(): void {
    if (this.state === 'ending' || this.state === 'closed') return;
    this.pending = undefined;
    this.timeouts.clear(this.patience);
    this.services.signals.forget(this);
    this.services.desk.end(this.session);
  }
}
