/** A client's connection as a protocol sees it: characters, each of which is one byte (Latin-1), in order. */
export interface ServerConnection {
  /** Where the client is, as far as it can be told from others. */
  readonly source: string;
  /** How many bytes the client's side has not taken yet. */
  readonly backlog: number;
  write(text: string): void;
  /** The client is no stranger, of whom there may be fewer. */
  welcome(): void;
  /** Reads no more until `resume()`: the client has to wait. */
  pause(): void;
  resume(): void;
  /** Says that nothing more will be written. What was written still arrives. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}

/** What a protocol does with one connection. */
export interface Dialogue {
  received(text: string): void;
  /** The client has closed, or will send nothing more. */
  finished(): void;
  /** The client has taken some of a backlog. */
  drained(): void;
  /** The connection is gone. Called once, as the last thing. */
  closed(): void;
}

/** A protocol in front of the lock table. */
export interface Front {
  open(connection: ServerConnection): Dialogue;
  /** Ends every dialogue. */
  close(): void;
}
