import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** A front that is reached over HTTP. Several may share a port: each takes what is its own. */
export interface HttpFront {
  /**
   * Answers a request. Absent: it has none.
   *
   * @param welcome To be called when it is known who the client is: of strangers there may be fewer.
   */
  request?(request: IncomingMessage, response: ServerResponse, welcome: () => void): void;
  /** Takes over a connection whose client asked for another protocol. Absent: nobody may. */
  upgrade?(request: IncomingMessage, socket: Duplex, head: Buffer, welcome: () => void): void;
  /** Accepts nothing new: what may end by itself until `close` has that time. */
  drain?(): void;
  /** Tells its clients that it is the end, and ends all of their connections; bounded in time. Sessions stay where they are stored. */
  close(): void | Promise<void>;
}
