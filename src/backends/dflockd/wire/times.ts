/** How long what may take on a connection. Milliseconds. */
export interface Times {
  /** To open it. 0: any time. */
  readonly connect: number;
  /** To answer a question. */
  readonly answer: number;
  /** After so long a silence of the client the server closes the connection. */
  readonly read: number;
}
