import { writeFrame } from '../../../native/frame.js';
import type { ClientMessage } from '../../../native/from-client.js';
import { utf8Length } from '../../../values/utf8-length.js';
import type { Wire } from './wire.js';

/** The longest way of a character of UTF-16 in UTF-8. */
const BYTES = 3;

/** Sends messages, in as many frames as the server wants them in. */
export class Frames {
  /** Bytes of a frame; the server says how many. */
  limit = 65_536;

  constructor(private readonly wire: Wire) {}

  write(messages: readonly ClientMessage[]): void {
    const text = writeFrame(messages);
    const { length } = messages;
    if (length === 1 || text.length * BYTES <= this.limit || utf8Length(text) <= this.limit) {
      this.wire.send(text);
      return;
    }
    this.write(messages.slice(0, length >> 1));
    this.write(messages.slice(length >> 1));
  }
}
