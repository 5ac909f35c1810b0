import type { LockError } from '../../../contract/errors.js';
import type { ClientAsk } from '../../../native/from-client.js';
import { ChurnMap } from '../../../values/churn-map.js';
import { PendingAsks } from './pending-asks.js';
import type { Answer, SocketAsk } from './socket-ask.js';

/** Everything that is asked of the server, from when somebody asks to its last answer. */
export class SocketAsks {
  /** The highest id that was given. */
  ids = 0;
  private outbox: SocketAsk[] = [];
  /** By their ids. */
  private readonly sent = new ChurnMap<number, SocketAsk>();
  /** Those that are to be answered in time. */
  private readonly awaited = new PendingAsks();

  /** Does anybody wait for an answer that is to come soon? */
  get areAwaited(): boolean {
    return this.outbox.length > 0 || this.awaited.first !== undefined;
  }

  /** Is there anything to be sent, or to be answered? */
  get areOpen(): boolean {
    return this.outbox.length > 0 || this.sent.size > 0;
  }

  /** Those that were sent, in their order. */
  get all(): Iterable<SocketAsk> {
    return this.sent.values();
  }

  get hasUnsent(): boolean {
    return this.outbox.length > 0;
  }

  add(ask: SocketAsk): void {
    this.outbox.push(ask);
  }

  find(id: number): SocketAsk | undefined {
    return this.sent.get(id);
  }

  /** What is asked in here is sent before what was asked so far. */
  before(askFirst: () => void): void {
    const { outbox } = this;
    this.outbox = [];
    askFirst();
    this.outbox = this.outbox.concat(outbox);
  }

  /** Sends what is asked: the messages, in their order. */
  write(now: number): readonly ClientAsk[] {
    const { outbox } = this;
    const messages: ClientAsk[] = [];
    if (outbox.length === 0) return messages;
    this.outbox = [];
    for (const ask of outbox) {
      if (ask.isOver) continue;
      ask.at = now;
      const message = ask.write(this.ids + 1);
      if (message === undefined) continue;
      ask.id = ++this.ids;
      messages.push(message);
      this.sent.set(ask.id, ask);
      this.awaited.push(ask);
    }
    return messages;
  }

  /** @returns False: that is no answer to it. */
  answer(ask: SocketAsk, message: Answer): boolean {
    if (!ask.heard(message)) return false;
    if (ask.isOver) this.forget(ask);
    else if (ask.isPatient) this.awaited.remove(ask);
    return true;
  }

  /** Their connection has gone: each is asked again, or kept for the next connection, or over. */
  cut(error: LockError, now: number): void {
    this.awaited.clear();
    const again: SocketAsk[] = [];
    for (const ask of [...this.sent.values()]) {
      if (ask.isOver) continue;
      ask.at = now;
      const then = ask.cut(error);
      if (then === 'kept') continue;
      this.sent.delete(ask.id);
      if (then === 'again') again.push(ask);
      else ask.end();
    }
    this.outbox = again.concat(this.outbox);
  }

  /** When the first of those began to wait that are to be done in time; Infinity: there is none. */
  firstAt(isConnected: boolean): number {
    let first = this.awaited.first?.at ?? Infinity;
    if (isConnected) return first;
    for (const asks of [this.outbox, this.sent.values()]) {
      for (const { at, isPersistent } of asks) if (!isPersistent) first = Math.min(first, at);
    }
    return first;
  }

  /** Fails those that have waited since then. */
  expire(since: number, isConnected: boolean, error: LockError): void {
    for (let { first } = this.awaited; first !== undefined && first.at <= since; first = this.awaited.first) {
      this.fail(first, error);
    }
    if (isConnected) return;
    this.failThose((ask) => ask.at <= since && !ask.isPersistent, error);
  }

  /** Fails all, but for those who wait for another connection where one can be hoped for. */
  failAll(error: LockError, isHopeless: boolean): void {
    this.failThose((ask) => isHopeless || !ask.isPersistent, error);
  }

  /** Nothing that is said of it is for it any more. */
  forget(ask: SocketAsk): void {
    this.awaited.remove(ask);
    if (this.sent.get(ask.id) === ask) this.sent.delete(ask.id);
  }

  private failThose(isMeant: (ask: SocketAsk) => boolean, error: LockError): void {
    const meant = [...this.sent.values(), ...this.outbox].filter(isMeant);
    for (const ask of meant) this.fail(ask, error);
    this.outbox = this.outbox.filter(({ isOver }) => !isOver);
  }

  private fail(ask: SocketAsk, error: LockError): void {
    this.forget(ask);
    if (ask.isOver) return;
    ask.end();
    ask.failed(error);
  }
}
