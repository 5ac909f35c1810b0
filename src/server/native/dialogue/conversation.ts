import type { ClientAsk, ClientMessage, Settle } from '../../../native/from-client.js';
import type { GoodbyeCode } from '../../../native/from-server.js';
import { Allowance } from '../../allowance.js';
import { Claims } from '../desk/beliefs.js';
import type { NativeSession } from '../desk/native-session.js';
import type { NameWatches } from './name-watches.js';
import type { NativeOutbox } from './native-outbox.js';
import type { NativeServices } from './native-services.js';
import { isBounded, serveAsk } from './serve-ask.js';

/** So much more than it may hold may be told to a client that does not say what it has heard. */
const UNHEARD = 10_000;

/** What one of a set of numbers takes. Bytes. */
const CLAIM = 40;
/** What a step takes, as `Effort` counts: eight locks are compared, or given back, for what a short request takes. */
const STEP = 1 / 8;

/** How a conversation ends. */
export interface ConversationEvents {
  dismiss(code: GoodbyeCode, message: string): void;
  /** The session is over, as its client has asked with this `id`. */
  ended(id: number): void;
}

/** What the client of a session asks for: each is done in its turn, and what takes long step by step. */
export class Conversation {
  /** What is settled, as far as it was said. */
  private claims = new Claims();
  private steps: Iterator<unknown> | undefined = undefined;
  /** Of the ask with which the client ends its session. */
  private endId: number | undefined = undefined;
  private isOver = false;
  private readonly allowance: Allowance;

  constructor(
    readonly session: NativeSession,
    private readonly watches: NameWatches,
    private readonly outbox: NativeOutbox,
    private readonly services: NativeServices,
    private readonly events: ConversationEvents,
  ) {
    const { core, limits } = services.kit;
    this.allowance = new Allowance(limits.operationsPerSecond, core.now);
  }

  /** What is claimed so far takes so much memory. Bytes. */
  get claimed(): number {
    return this.claims.size * CLAIM;
  }

  /** Was something begun that takes more steps? */
  get isAmid(): boolean {
    return this.steps !== undefined;
  }

  take(message: ClientMessage): void {
    const { session } = this;
    if (message.type === 'hello') this.events.dismiss('protocol', 'hello is said once');
    else if (session.isUnsettled && message.type !== 'settle') {
      this.events.dismiss('protocol', 'after a resumption, settle comes first');
    } else if (message.id <= session.lastId) {
      this.services.meters.refused.add('validation');
      const text = 'the id is not greater than those before it';
      this.outbox.tell({ type: 'error', id: message.id, code: 'invalid', message: text });
    } else {
      session.lastId = message.id;
      this.serve(message);
    }
  }

  /**
   * Goes on with what takes long.
   *
   * @param enough When the server's effort is more than this, it is enough for now.
   * @returns May the next message be looked at now?
   */
  goOn(enough: number): boolean {
    const { limits, kit } = this.services;
    while (!this.isOver && this.steps !== undefined && kit.core.effort.total <= enough) {
      kit.core.effort.total += STEP;
      if (this.steps.next().done !== true) continue;
      this.steps = undefined;
      if (this.endId !== undefined) this.events.ended(this.endId);
    }
    if (!this.isOver && this.session.unheard.size > limits.locks + UNHEARD) {
      this.events.dismiss('protocol', 'the client does not say what news it has heard');
    }
    return !this.isOver && !this.isAmid && kit.core.effort.total <= enough;
  }

  /** Its connection is over. @returns Does the session go on without? */
  close(): boolean {
    this.isOver = true;
    // Whoever has asked for the end does not come back for what is left.
    if (this.endId !== undefined) while (this.steps !== undefined && this.steps.next().done !== true);
    this.steps = undefined;
    return this.endId === undefined;
  }

  private serve(ask: ClientAsk): void {
    const { session, watches, outbox, services } = this;
    if (isBounded(ask) && !this.allowance.take()) {
      services.meters.refused.add('capacity');
      const retryAfter = Math.ceil(this.allowance.wait());
      outbox.tell({ type: 'error', id: ask.id, code: 'limit', message: 'too many asks a second', retryAfter });
    } else if (ask.type === 'settle') this.hearClaims(ask);
    else if (ask.type === 'end') {
      this.endId = ask.id;
      this.steps = services.care.end(session);
    } else serveAsk(ask, { session, watches, outbox }, services);
  }

  private hearClaims(ask: Settle): void {
    const { limits, book, beliefs } = this.services;
    const { claims, session } = this;
    claims.add(ask);
    if (claims.size > 2 * (limits.locks + limits.waiters)) {
      this.events.dismiss('limit', 'the client claims more than it may have');
    } else if (ask.more === true) this.outbox.tell({ type: 'done', id: ask.id });
    else {
      this.claims = new Claims();
      book.confirm(session);
      this.steps = beliefs.settle(session, ask, claims);
    }
  }
}
