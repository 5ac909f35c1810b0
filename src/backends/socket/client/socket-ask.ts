import type { LockError } from '../../../contract/errors.js';
import type { ClientAsk } from '../../../native/from-client.js';
import type { ServerMessage } from '../../../native/from-server.js';

/** What a server says to one ask: it has its id. */
export type Answer = Extract<ServerMessage, { readonly id: number }>;

/** What becomes of an ask when its connection has gone: it is sent `again`, its place is `kept` by the session, or it is `over`. */
export type AfterCut = 'again' | 'kept' | 'over';

/** Something that is asked of the server. */
export abstract class SocketAsk {
  /** Of its message; 0 before it was sent. */
  id = 0;
  /** When it was sent, on `clock.elapsed`; before that, when it was asked. */
  at = 0;
  /** It needs no answer any more. */
  isOver = false;
  /** Its answer may take any time. */
  isPatient = false;
  /** It goes on until somebody leaves it, over new connections and new sessions, and waits for each as long as that takes. */
  isPersistent = false;
  /** Its neighbours among those that are to be answered in time; its owner is the list. */
  older: SocketAsk | undefined = undefined;
  newer: SocketAsk | undefined = undefined;
  isListed = false;

  /** Its message, as things stand when it is sent. `undefined`: there is nothing to ask any more. */
  abstract write(id: number): ClientAsk | undefined;

  /** @returns False if this is no answer to it. */
  abstract heard(answer: Answer): boolean;

  /** It will not be answered. Called once, and not after its end. */
  abstract failed(error: LockError): void;

  /** The connection that it was sent on has gone. */
  cut(error: LockError): AfterCut {
    this.failed(error);
    return 'over';
  }

  /** It is told nothing any more. */
  end(): void {
    this.isOver = true;
  }
}
