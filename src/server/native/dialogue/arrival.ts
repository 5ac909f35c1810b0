import type { ClientMessage, Hello } from '../../../native/from-client.js';
import type { GoodbyeCode, Welcome } from '../../../native/from-server.js';
import { agreeOn } from '../../../native/protocol.js';
import { ANONYMOUS, type Principal } from '../../principals.js';
import type { NativeSession, SessionListener } from '../desk/native-session.js';
import type { NativeServices } from './native-services.js';

/** What becomes of a client that has said who it is. */
export interface ArrivalEvents {
  /** The session is its own from now on. */
  arrived(session: NativeSession, welcome: Welcome): void;
  turnedAway(code: GoodbyeCode, message: string): void;
}

/** A client says who it is, and which session it wants to go on with. */
export class Arrival implements SessionListener {
  private takeBack: (() => void) | undefined = undefined;
  private isOver = false;
  /** What it is about to go on with: until that is stored, it is not the dialogue's. */
  private session: NativeSession | undefined = undefined;

  /** @param known Who it is, if its token was looked at before. */
  constructor(
    private readonly services: NativeServices,
    private readonly source: string,
    private readonly known: Principal | undefined,
    private readonly events: ArrivalEvents,
  ) {}

  /** @param messages Its first frame. */
  begin([hello, ...more]: readonly ClientMessage[]): void {
    if (hello?.type === 'hello' && more.length === 0) this.look(hello);
    else this.turnAway('protocol', 'the first frame is hello, and nothing else');
  }

  /** Nobody wants to know any more. */
  forget(): void {
    this.isOver = true;
    this.takeBack?.();
    if (this.session?.listener === this) this.services.care.dropped(this.session);
    this.session = undefined;
  }

  tell(): void {
    // It is not there yet.
  }

  replaced(): void {
    this.session = undefined;
    this.turnAway('replaced', 'the session goes on over another connection');
  }

  private look(hello: Hello): void {
    const { principals, guesses } = this.services.kit;
    const version = agreeOn(hello.versions, this.services.versions);
    const { token } = hello;
    if (version === undefined) this.turnAway('version', 'there is no version that both speak');
    else if (!principals.required) this.enter(hello, version, ANONYMOUS);
    else if (this.known !== undefined) this.enter(hello, version, this.known);
    else if (token === undefined) this.turnAway('auth', 'a token is needed');
    else {
      this.takeBack = guesses.look(this.source, token, principals, (principal) => {
        this.services.kit.core.turn.run(() => {
          if (principal === undefined) this.turnAway('auth', 'the token is wrong');
          else this.enter(hello, version, principal);
        });
      });
    }
  }

  private enter({ session, holder }: Hello, version: number, principal: Principal): void {
    const { book, limits, fencing, kit } = this.services;
    if (this.isOver) return;
    if (kit.core.table.isShut) {
      this.turnAway('closing', 'the server is about to stop');
      return;
    }
    const known = session === undefined ? undefined : book.resume(session.id, session.secret, principal);
    const { session: one, secret } = known ?? book.open(principal, holder ?? principal.name);
    if (holder !== undefined) one.holder = holder;
    const welcome: Welcome = {
      type: 'welcome',
      version,
      session: { id: one.id, secret },
      resumed: known !== undefined,
      fencing,
      limits,
    };
    one.listener?.replaced();
    // Also of one that is told nothing yet: nobody else may talk to it.
    one.listener = this;
    this.session = one;
    if (known !== undefined) one.isUnsettled = true;
    // A secret that a start would not know is worth nothing.
    kit.core.records.whenStored(() => {
      if (this.isOver || one.listener !== this) return;
      // His token may have been taken away since it was looked at.
      if (!kit.principals.has(principal)) this.turnAway('auth', 'the token is not valid any more');
      else {
        this.session = undefined;
        this.events.arrived(one, welcome);
      }
    });
  }

  private turnAway(code: GoodbyeCode, message: string): void {
    if (!this.isOver) this.events.turnedAway(code, message);
  }
}
