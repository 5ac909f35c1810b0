import { ServerSession, type SessionPlace } from '../../session.js';
import { publicId } from './digest.js';

/** Somebody who asks over HTTP, and what he has. He owns the locks that he took without a session; the others belong to it. */
export class Account extends ServerSession {
  /** All of his locks: his own, and those of his sessions. */
  readonly leases = new Set<SessionPlace>();
  readonly sessions = new Set<ServerSession>();
  /** How many streams he reads. */
  watches = 0;

  /**
   * @param key Who he is: always the same, over restarts too.
   * @param name What he is called. Others are called the same where nobody needs a token.
   */
  constructor(
    readonly key: string,
    readonly name: string,
  ) {
    super();
  }

  /** By what others know him. */
  get userId(): string {
    return publicId('account', this.key);
  }

  /** Has he nothing that would have to be remembered? */
  get isIdle(): boolean {
    return this.leases.size === 0 && this.sessions.size === 0 && this.watches === 0;
  }
}
