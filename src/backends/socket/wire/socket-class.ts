/** What is used of a `WebSocket`: what browsers, Node 22, Deno, Bun and the package `ws` have in common. */
export interface SocketLike {
  /** Sends one message. */
  send(text: string): void;
  /** Begins to close it. */
  close(code?: number): void;
  /** Called when it is open. */
  onopen: ((event: never) => unknown) | null;
  /** Called for each message. */
  onmessage: ((event: never) => unknown) | null;
  /** Called once, at its end. */
  onclose: ((event: never) => unknown) | null;
  /** Called if it failed; `onclose` follows. */
  onerror: ((event: never) => unknown) | null;
}

/** A class like the `WebSocket` of browsers. */
export type SocketClass = new (url: string, protocols?: string[]) => SocketLike;
