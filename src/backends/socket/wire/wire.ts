/** Why a connection is no more. */
export interface WireEnd {
  /** Of the closing frame; absent if there was none. */
  readonly code?: number | undefined;
  /** Of the answer to the request that was to open it, if it did not. */
  readonly status?: number | undefined;
  readonly cause?: unknown;
  /** What may help, if that is clear. */
  readonly hint?: string | undefined;
}

/** Who hears of a connection. */
export interface WireUser {
  /** It can be used. */
  opened(): void;
  /** @param text Of one message. Undefined: it was none of text. */
  heard(text: string | undefined): void;
  /** It is no more. Nothing is told after that. */
  ended(end: WireEnd): void;
}

/** A connection that takes texts both ways, in their order. */
export interface Wire {
  send(text: string): void;
  /** Says that nothing more comes. Its user still hears what the other side says until it ends. */
  close(): void;
  /** Drops it. Its user hears nothing more. */
  cut(): void;
  /** Is the process to live for it? It is, to begin with, where there is a choice. */
  refer(isNeeded: boolean): void;
}

/** Opens connections to one address. */
export interface Wiring {
  open(user: WireUser): Wire;
  /** What may help when `open` has thrown. */
  hint?(): string;
  /** Does something after all that runs now and that it makes run, but before the next message or timer. */
  atEndOfTurn(run: () => void): void;
  /**
   * Does something in a while, for which no process is to live. Absent where timers are no reason for it to live, or nothing can be done about it.
   *
   * @returns Takes it back.
   */
  later?(milliseconds: number, run: () => void): () => void;
}
