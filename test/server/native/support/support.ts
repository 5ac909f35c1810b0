import { randomBytes } from 'node:crypto';
import type { ClientMessage } from '../../../../src/native/from-client.js';
import type { ServerMessage } from '../../../../src/native/from-server.js';
import { readServerFrame, writeFrame } from '../../../../src/native/frame.js';
import { HeldSum } from '../../../../src/native/held-sum.js';
import type { FrontKit } from '../../../../src/server/front-kit.js';
import { Guesses } from '../../../../src/server/guesses.js';
import { checkLimits, type LimitOptions } from '../../../../src/server/limits.js';
import { Meters } from '../../../../src/server/meters.js';
import { NativeFront, type NativeSettings } from '../../../../src/server/native/native-front.js';
import type { NativeDialogue } from '../../../../src/server/native/dialogue/native-dialogue.js';
import type { NativeConnection } from '../../../../src/server/native/wire/native-connection.js';
import { ANYBODY, type Principals } from '../../../../src/server/principals.js';
import { ServerCore } from '../../../../src/server/server-core.js';
import { SILENT_LOG } from '../../../../src/server/server-log.js';
import { Time } from '../../../support/virtual.js';

/** A connection without a network: what is written is kept. */
export class FakeConnection implements NativeConnection {
  readonly frames: string[] = [];
  backlog = 0;
  isPaused = false;
  isWelcome = false;
  pings = 0;
  /** How it was closed by the server. */
  code: number | 'destroyed' | undefined = undefined;
  dialogue: NativeDialogue | undefined = undefined;

  constructor(readonly source = 'somewhere') {}

  listen(dialogue: NativeDialogue): void {
    this.dialogue = dialogue;
  }

  write(text: string): void {
    this.frames.push(text);
  }

  ping(): void {
    this.pings++;
  }

  welcome(): void {
    this.isWelcome = true;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  end(code: number): void {
    this.code ??= code;
  }

  destroy(): void {
    this.code ??= 'destroyed';
  }
}

/** What is said, without its number: that is given to it. */
export type Said = ClientMessage extends infer M
  ? M extends { id: number }
    ? Omit<M, 'id'> & { id?: number }
    : M
  : never;

/** A client of the protocol, as simple as can be. */
export class NativeClient {
  lastId = 0;
  news = 0;
  readonly held = new HeldSum();
  readonly holds = new Set<number>();
  session: { readonly id: string; readonly secret: string } | undefined = undefined;

  constructor(
    readonly connection: FakeConnection,
    private front: NativeFront,
    private time: Time,
  ) {}

  /** The server is another one now. */
  moveTo(front: NativeFront, time: Time): void {
    this.front = front;
    this.time = time;
  }

  /** Sends a frame. @returns The id of its last message. */
  send(...messages: Said[]): number {
    for (const message of messages) if (message.type !== 'hello') message.id ??= ++this.lastId;
    this.connection.dialogue?.received(writeFrame(messages as ClientMessage[]));
    return this.lastId;
  }

  raw(text: string): void {
    this.connection.dialogue?.received(text);
  }

  /** All that it was told since it last read. */
  read(): ServerMessage[] {
    const messages = this.connection.frames.splice(0).flatMap((frame) => readServerFrame(frame));
    for (const message of messages) this.note(message);
    return messages;
  }

  /** Sends a frame, and reads. */
  ask(...messages: Said[]): ServerMessage[] {
    this.send(...messages);
    this.time.turn();
    return this.read();
  }

  hello(more: Partial<Extract<ClientMessage, { type: 'hello' }>> = {}): ServerMessage[] {
    return this.ask({ type: 'hello', versions: [1], holder: 'me', ...more });
  }

  /** Takes a lock that is free. @returns Its id. */
  take(name: string, more: Partial<Extract<ClientMessage, { type: 'acquire' }>> = {}): number {
    const answers = this.ask({ type: 'acquire', name, ttl: 30_000, ...more });
    if (answers.at(-1)?.type !== 'granted') throw new Error(`answered ${JSON.stringify(answers)}`);
    return this.lastId;
  }

  alive(): ServerMessage[] {
    const { news, held } = this;
    return this.ask({ type: 'alive', news, count: held.count, hash: held.hash });
  }

  /** Gives up a lock, as a client does when it sends that. */
  forget(lock: number): void {
    if (this.holds.delete(lock)) this.held.remove(lock);
  }

  release(lock: number, keepFor?: number): ServerMessage[] {
    this.forget(lock);
    return this.ask({ type: 'release', lock, ...(keepFor === undefined ? {} : { keepFor }) });
  }

  /** The network is cut: the server has not noticed. */
  reconnect(more: Partial<Extract<ClientMessage, { type: 'hello' }>> = {}): {
    old: FakeConnection;
    answers: ServerMessage[];
  } {
    const old = this.connection;
    (this as { connection: FakeConnection }).connection = new FakeConnection();
    this.front.open(this.connection);
    return { old, answers: this.hello({ ...(this.session === undefined ? {} : { session: this.session }), ...more }) };
  }

  settle(wants: number[] = [], holds: readonly number[] = [...this.holds]): ServerMessage[] {
    return this.ask({ type: 'settle', news: this.news, holds, wants });
  }

  /** The server notices that the connection is gone. */
  drop(connection = this.connection): void {
    connection.dialogue?.closed();
  }

  advance(ms: number): ServerMessage[] {
    this.time.advance(ms);
    return this.read();
  }

  private note(message: ServerMessage): void {
    if (message.type === 'welcome') this.session = message.session;
    else if (message.type === 'granted') {
      this.news = Math.max(this.news, message.news);
      if (!this.holds.has(message.id)) this.held.add(message.id);
      this.holds.add(message.id);
    } else if (message.type === 'lost') {
      this.news = Math.max(this.news, message.news);
      this.forget(message.id);
    }
  }
}

export interface SetUp extends NativeSettings {
  readonly limits?: LimitOptions;
  readonly principals?: Principals;
  readonly core?: (time: Time) => ServerCore;
}

/** A front in virtual time. */
export function setUp({ limits, principals = ANYBODY, core: coreOf, ...settings }: SetUp = {}) {
  const time = new Time();
  const checked = checkLimits(limits);
  const core = coreOf?.(time) ?? new ServerCore({ scheduler: time }, undefined, checked.buffered);
  const kit: FrontKit = {
    core,
    principals,
    guesses: new Guesses(core.timeouts),
    limits: checked,
    maxTtl: 3_600_000,
    meters: new Meters(),
    log: SILENT_LOG,
    randomBytes,
  };
  const front = new NativeFront(kit, settings);
  /** A client that has not said anything. */
  const stranger = (source?: string): NativeClient => {
    const connection = new FakeConnection(source);
    const client = new NativeClient(connection, front, time);
    front.open(connection);
    return client;
  };
  const client = (holder = 'me'): NativeClient => {
    const one = stranger();
    one.hello({ holder });
    return one;
  };
  return { time, core, kit, front, client, stranger };
}
