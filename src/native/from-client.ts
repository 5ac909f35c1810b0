// What a client may say. `docs/protocol.md` tells what each message means; its schema is the same as the shapes beside these.

/** The first message of a connection. */
export interface Hello {
  readonly type: 'hello';
  /** That the client speaks. */
  readonly versions: readonly number[];
  /** Who it is, unless a subprotocol has said so. */
  readonly token?: string;
  /** What others read as the holder of its locks. */
  readonly holder?: string;
  /** The session to go on with. */
  readonly session?: { readonly id: string; readonly secret: string };
}

/** What every message after the first has: a number, greater than those before it in the session. Its answer has the same. */
interface Ask {
  readonly id: number;
}

/** Asks for a lock, or a semaphore's permits. Its id is the lock's from now on. Times are milliseconds. */
export interface Acquire extends Ask {
  readonly type: 'acquire';
  readonly name: string;
  readonly ttl: number;
  readonly wait?: boolean;
  readonly mode?: 'shared' | 'exclusive';
  readonly limit?: number;
  readonly permits?: number;
  readonly metadata?: string;
  readonly holder?: string;
  /** The name stays taken for so long after this has expired. */
  readonly lockDelay?: number;
  /** `false`: keep-alives do not lengthen it. */
  readonly renew?: boolean;
}

/** Goes on with a lock that was let go of. */
export interface Adopt extends Ask {
  readonly type: 'adopt';
  readonly name: string;
  readonly secret: string;
  readonly ttl: number;
  readonly holder?: string;
  readonly renew?: boolean;
}

/** Leaves the queue, or gives back what was granted meanwhile. */
export interface Leave extends Ask {
  readonly type: 'leave';
  readonly lock: number;
}

/** Gives a lock back. */
export interface Release extends Ask {
  readonly type: 'release';
  readonly lock: number;
  /** It stays taken for so long. */
  readonly keepFor?: number;
}

/** Gives one lock another ttl, from the receipt on. */
export interface ChangeTtl extends Ask {
  readonly type: 'ttl';
  readonly lock: number;
  readonly ttl: number;
}

/** Lets go of a lock without giving it back. */
export interface Detach extends Ask {
  readonly type: 'detach';
  readonly lock: number;
}

/** The keep-alive. */
export interface Alive extends Ask {
  readonly type: 'alive';
  /** The last news that the client has heard; 0: none. */
  readonly news: number;
  /** How many locks it believes that it holds, and the sum of their hashes. */
  readonly count: number;
  readonly hash: number;
}

/** Says which locks the client believes that it holds, and which it still waits for. */
export interface Settle extends Ask {
  readonly type: 'settle';
  readonly news: number;
  readonly holds: readonly number[];
  readonly wants: readonly number[];
  /** The next message goes on with it. */
  readonly more?: boolean;
}

/** Asks for the status of a name. */
export interface AskStatus extends Ask {
  readonly type: 'status';
  readonly name: string;
  readonly semaphore?: boolean;
}

/** Asks for the status of all that is held and begins with a prefix. */
export interface AskList extends Ask {
  readonly type: 'list';
  readonly prefix?: string;
  readonly semaphore?: boolean;
}

/** Wants to be told the status of a name, now and at each change. */
export interface Watch extends Ask {
  readonly type: 'watch';
  readonly name: string;
  readonly semaphore?: boolean;
}

/** Wants that no more. */
export interface Unwatch extends Ask {
  readonly type: 'unwatch';
  /** The id of the `watch`. */
  readonly watch: number;
}

/** Takes a name from whoever holds it. */
export interface Revoke extends Ask {
  readonly type: 'revoke';
  readonly name: string;
  readonly semaphore?: boolean;
}

/** Ends the session: all is given back. */
export interface End extends Ask {
  readonly type: 'end';
}

/** What a client may say after its `hello`. */
export type ClientAsk =
  | Acquire
  | Adopt
  | Leave
  | Release
  | ChangeTtl
  | Detach
  | Alive
  | Settle
  | AskStatus
  | AskList
  | Watch
  | Unwatch
  | Revoke
  | End;

export type ClientMessage = Hello | ClientAsk;
