/** A client's connection, as the protocol sees it: texts, in order. */
export interface NativeConnection {
  /** Where the client is, as far as it can be told from others. */
  readonly source: string;
  /** How many bytes the client's side has not taken yet. */
  readonly backlog: number;
  write(text: string): void;
  /** Asks the client's side for a sign of life, which it gives without asking the client. */
  ping(): void;
  /** The client is no stranger, of whom there may be fewer. */
  welcome(): void;
  /** Reads no more until `resume()`: the client has to wait. */
  pause(): void;
  resume(): void;
  /** Says that it is over, and why; what was written still arrives. */
  end(code: number): void;
  /** Closes at once. */
  destroy(): void;
}

/** What is done with a connection. */
export interface ConnectionListener {
  /** @param text Undefined: it was no text. */
  received(text: string | undefined): void;
  /** The client's side is there. */
  ponged(): void;
  /** The client has taken some of a backlog. */
  drained(): void;
  /** The connection is gone. Called once, as the last thing. */
  closed(): void;
}
