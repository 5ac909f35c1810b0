import { FrameError } from '../../../native/frame-error.js';
import { readClientFrame } from '../../../native/frame.js';
import type { ClientMessage } from '../../../native/from-client.js';
import { Burst } from '../../burst.js';
import type { NativeConnection } from '../wire/native-connection.js';
import type { Conversation } from './conversation.js';
import type { NativeServices } from './native-services.js';
import { Unread } from './unread.js';

/** A frame that takes more than this, beside its messages, is gone on with when the others had their turn. As `Effort` counts. */
const DEAR = 1000;
/** After so many messages of a frame, what was told is written. */
const PART = 24;

/** Whom a client's frames are for. */
export interface FrameListener {
  /** May the next be looked at now? */
  readonly mayAnswer: boolean;
  /** In which each message is taken, as soon as it is known who the client is. */
  readonly conversation: Conversation | undefined;
  /** The first frame: who the client is. */
  introduced(messages: readonly ClientMessage[]): void;
  /** What is no frame. */
  misunderstood(why: string): void;
  /** Part of a frame is done: what was told so far is to be written. */
  partDone(): void;
}

/** What a client has sent: frame by frame, in order, as far as its turn goes. */
export class NativeIntake {
  private readonly unread = new Unread();
  private readonly burst: Burst;
  private isPaused = false;

  constructor(
    private readonly connection: Pick<NativeConnection, 'pause' | 'resume'>,
    private readonly services: NativeServices,
    private readonly listener: FrameListener,
  ) {
    this.burst = new Burst(services.kit.core.now);
  }

  /** Characters that nobody has looked at. */
  get size(): number {
    return this.unread.size;
  }

  get hasMore(): boolean {
    return !this.unread.isEmpty || this.isAmid;
  }

  add(frame: string): void {
    this.unread.add(frame);
  }

  /** Its turn begins. @param time How long it may take. Milliseconds. */
  begin(time: number): void {
    this.burst.begin(time);
  }

  /** Has what there is done, until its turn is over. */
  answer(): void {
    while (this.listener.mayAnswer && this.hasMore) {
      if (this.isAmid) this.takeAll(this.unread.rest);
      else this.read(this.unread.take() ?? '');
      if (this.isAmid || this.burst.isOver(0)) break;
    }
  }

  /** Reads on, or not while there is too much. @param isOver It is all the same what still comes. */
  regulate(isOver: boolean): void {
    const pause = !isOver && this.unread.isMoreThan(this.services.limits.frame);
    if (pause === this.isPaused) return;
    this.isPaused = pause;
    if (pause) this.connection.pause();
    else this.connection.resume();
  }

  clear(): void {
    this.unread.clear();
  }

  /** Was a frame begun, and is there more of it to be done? */
  private get isAmid(): boolean {
    return this.unread.rest.length > 0 || this.listener.conversation?.isAmid === true;
  }

  private read(frame: string): void {
    const { kit, meters } = this.services;
    let messages: ClientMessage[];
    try {
      messages = readClientFrame(frame);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.listener.misunderstood(error.message);
      return;
    }
    kit.core.effort.total += messages.length;
    meters.operations += messages.length;
    if (this.listener.conversation === undefined) this.listener.introduced(messages);
    else this.takeAll(messages);
  }

  /** What is asked in one frame is done with nothing between, unless that would have the others wait for long. */
  private takeAll(messages: readonly ClientMessage[]): void {
    const { conversation } = this.listener;
    if (conversation === undefined) return;
    const enough = this.services.kit.core.effort.total + DEAR;
    let next = 0;
    while (conversation.goOn(enough) && next < messages.length) {
      conversation.take(messages[next++] as ClientMessage);
      // The client goes on with the first answers while the rest is done here.
      if (next % PART === 0) this.listener.partDone();
    }
    // Unless that was its end.
    this.unread.rest = this.listener.conversation === undefined ? [] : messages.slice(next);
  }
}
