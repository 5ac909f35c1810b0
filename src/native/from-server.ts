// What a server may say. `docs/protocol.md` tells what each message means; its schema is the same as the shapes beside these.

/** What a server holds a client to. Times are milliseconds, sizes bytes. */
export interface SessionLimits {
  /** Of a frame that the client sends. */
  readonly frame: number;
  readonly locks: number;
  readonly waiters: number;
  readonly watches: number;
  readonly minTtl: number;
  readonly maxTtl: number;
}

/** The answer to `hello`. */
export interface Welcome {
  readonly type: 'welcome';
  readonly version: number;
  /** What is needed to go on with the session over another connection. The secret is another each time. */
  readonly session: { readonly id: string; readonly secret: string };
  /** Is it the session that was asked for? */
  readonly resumed: boolean;
  /** Do grants have fencing tokens? */
  readonly fencing: boolean;
  readonly limits: SessionLimits;
}

/** Why a connection is closed. */
export type GoodbyeCode = 'version' | 'auth' | 'protocol' | 'limit' | 'slow' | 'replaced' | 'closing' | 'silent';

/** The connection is closed before there is a session. */
export interface Refused {
  readonly type: 'refused';
  readonly code: GoodbyeCode;
  readonly message: string;
  /** That the server speaks. */
  readonly versions: readonly number[];
  readonly retryAfter?: number;
}

/** The connection is closed. */
export interface Bye {
  readonly type: 'bye';
  readonly code: GoodbyeCode;
  readonly message: string;
  readonly retryAfter?: number;
}

/** An ask is done. */
export interface Done {
  readonly type: 'done';
  readonly id: number;
}

/** Why an ask is not done. */
export type ErrorCode = 'invalid' | 'limit-mismatch' | 'gone' | 'limit' | 'storage' | 'closing';

/** An ask is not done, and nothing has changed. */
export interface Failed {
  readonly type: 'error';
  readonly id: number;
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryAfter?: number;
}

/** Who has what is asked for, as far as that is told. */
export interface HeldBy {
  readonly holder?: string;
  readonly mode?: 'shared' | 'exclusive';
  readonly expiresIn?: number;
}

/** In the queue. */
export interface TellQueued extends HeldBy {
  readonly type: 'queued';
  readonly id: number;
  /** How many are before it. */
  readonly position: number;
}

/** How many are before it now. */
export interface Position {
  readonly type: 'position';
  readonly id: number;
  readonly position: number;
}

/** Somebody else has it, and the client was not to wait. */
export interface TellHeld extends HeldBy {
  readonly type: 'held';
  readonly id: number;
}

/** The lock is the client's. */
export interface Granted {
  readonly type: 'granted';
  readonly id: number;
  readonly news: number;
  /** The fencing token, below 2^53, where there are any. */
  readonly token?: number;
  /** As it was stored with the lock, if anything was. */
  readonly metadata?: string;
}

/** Why a lock is the client's no more. */
export type LossReason = 'expired' | 'revoked' | 'gone';

/** The lock is the client's no more. */
export interface Lost {
  readonly type: 'lost';
  readonly id: number;
  readonly reason: LossReason;
  readonly news: number;
}

/** The answer to `detach`. */
export interface Detached {
  readonly type: 'detached';
  readonly id: number;
  readonly secret: string;
}

/** The keep-alive is wanted now. */
export interface Tick {
  readonly type: 'tick';
}

/** The client believes in other locks than the server has for it: nothing was renewed, and it has to settle. */
export interface Mismatch {
  readonly type: 'mismatch';
  readonly id: number;
}

/** What is told about a name. */
export interface NameStatus extends HeldBy {
  readonly name: string;
  readonly holders: number;
  readonly waiters: number;
  readonly token?: number;
  readonly metadata?: string;
  /** Of a semaphore: how many permits there are, and how many are taken. */
  readonly limit?: number;
  readonly permits?: number;
}

/** The answer to `status`, and what `watch` brings. */
export interface TellStatus {
  readonly type: 'status';
  readonly id: number;
  readonly status: NameStatus;
}

/** The answer to `list`, or a part of it. */
export interface TellList {
  readonly type: 'list';
  readonly id: number;
  readonly locks: readonly NameStatus[];
  /** Another part follows. */
  readonly more?: boolean;
}

export type ServerMessage =
  | Welcome
  | Refused
  | Bye
  | Done
  | Failed
  | TellQueued
  | Position
  | TellHeld
  | Granted
  | Lost
  | Detached
  | Tick
  | Mismatch
  | TellStatus
  | TellList;
