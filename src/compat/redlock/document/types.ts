/** A client of ioredis or node-redis: of one Redis, one Sentinel group or one Cluster. The statistics name the very object that was given. */
export type RedlockClient = object;

/** One attempt, in which every client was asked once. */
export interface ExecutionStats {
  /** How many clients there are. */
  readonly membershipSize: number;
  /** How many of them must agree: more than a half. */
  readonly quorumSize: number;
  /** Those that did what they were asked. */
  readonly votesFor: Set<RedlockClient>;
  /** Those that did not, and why: a `ResourceLockedError` if the lock is another's, else what went wrong. */
  readonly votesAgainst: Map<RedlockClient, Error>;
}

/** What a release resolves to. */
export interface ExecutionResult {
  /** One for each attempt: it resolves when its last client has answered, or its time is over. None of them rejects. */
  readonly attempts: readonly Promise<ExecutionStats>[];
}

/** What the work of `using` is given: it aborts when the lock is lost, at its deadline at the latest. */
export interface RedlockAbortSignal extends AbortSignal {
  /** Why, once it is aborted: an `ExecutionError`. Also the signal's `reason`. */
  readonly error?: Error | undefined;
}

/**
 * Lua scripts of your own in place of rxlock's, or functions that make them of rxlock's. `KEYS` are the resources, `ARGV[1]` is the
 * lock's value, `ARGV[2]` its duration in milliseconds (not for a release); it returns for how many resources it was done.
 */
export interface RedlockScripts {
  /** Takes all of the resources, or none. */
  readonly acquireScript?: string | ((script: string) => string) | undefined;
  /** Makes those end later that have this value. */
  readonly extendScript?: string | ((script: string) => string) | undefined;
  /** Deletes those that have this value. */
  readonly releaseScript?: string | ((script: string) => string) | undefined;
}
