import type { Buffered } from '../../buffers.js';
import { Ringer } from '../../ringer.js';
import type { ServerCore } from '../../server-core.js';
import type { RawResponse } from '../wire/call.js';

/** An answer that its client has not taken yet: it counts among what the server keeps for clients, and is given up if nothing of it is taken. */
export class UntakenAnswer implements Buffered {
  buffered = 0;
  private left: number;
  private readonly ringer = new Ringer(() => {
    this.look();
  });

  /** @param stallTime In which something is to be taken. Milliseconds. */
  constructor(
    private readonly response: RawResponse,
    private readonly core: ServerCore,
    private readonly stallTime: number,
  ) {
    this.left = response.writableLength;
    core.buffers.set(this, this.left);
    core.timeouts.set(this.ringer, core.now() + stallTime);
    response.once('close', () => {
      core.timeouts.clear(this.ringer);
      core.buffers.set(this, 0);
    });
  }

  cut(): void {
    // Also if it stands behind another one, and has no socket yet.
    this.response.req.socket.destroy();
  }

  private look(): void {
    const { writableLength } = this.response;
    if (writableLength >= this.left) this.cut();
    else {
      this.left = writableLength;
      this.core.buffers.set(this, writableLength);
      this.core.timeouts.set(this.ringer, this.core.now() + this.stallTime);
    }
  }
}
