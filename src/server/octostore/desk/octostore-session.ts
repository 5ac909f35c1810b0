import { ServerSession, type SessionPlace } from '../../session.js';
import type { Account } from './account.js';

/** A client's session: as long as it is kept alive it may have locks that go with it. */
export class OctostoreSession extends ServerSession {
  /** Those that name it, whether they go with it or not. */
  readonly bound = new Set<SessionPlace>();
  /** When it ends, unless it is kept alive. */
  due = 0;
  hasEnded = false;

  /**
   * @param digest Of its id, by which the client knows it.
   * @param ttl Milliseconds.
   */
  constructor(
    readonly digest: string,
    readonly account: Account,
    readonly ttl: number,
  ) {
    super();
  }
}
