import type { RawResponse } from './call.js';

/** Ends the connection of an answer, also if that stands behind another one, and has no socket yet. */
export function cutOff(response: RawResponse): void {
  response.req.socket.destroy();
}
