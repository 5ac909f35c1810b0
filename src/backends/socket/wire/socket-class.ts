/** What is used of a `WebSocket`: what browsers, Node 22, Deno, Bun and the package `ws` have in common. */
export interface SocketLike {
  send(text: string): void;
  close(code?: number): void;
  onopen: ((event: never) => unknown) | null;
  onmessage: ((event: never) => unknown) | null;
  onclose: ((event: never) => unknown) | null;
  onerror: ((event: never) => unknown) | null;
}

/** A class like the `WebSocket` of browsers. */
export type SocketClass = new (url: string, protocols?: string[]) => SocketLike;
