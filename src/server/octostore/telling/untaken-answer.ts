import type { Buffered } from '../../buffers.js';
import { Ringer } from '../../ringer.js';
import type { ServerCore } from '../../server-core.js';
import type { RawResponse } from '../wire/call.js';
import { cutOff } from '../wire/cut-off.js';

/** An answer that its client has not taken yet: it counts among what the server keeps for clients, and is given up if nothing of it is taken. */
export class UntakenAnswer implements Buffered {
  buffered = 0;
  /** How much was not taken when it was last counted. */
  private left = 0;
  private readonly ringer = new Ringer(() => {
    this.look();
  });

  /**
   * @param stallTime In which something is to be taken. Milliseconds.
   * @param more Bytes that are kept for it and are not written yet.
   */
  constructor(
    private readonly response: RawResponse,
    private readonly core: ServerCore,
    private readonly stallTime: number,
    private readonly more: () => number = nothing,
  ) {
    this.count();
    response.once('close', () => {
      core.timeouts.clear(this.ringer);
      core.buffers.set(this, 0);
    });
  }

  /** More of it was written, or taken. */
  count(): void {
    const { core } = this;
    this.left = this.response.writableLength;
    core.buffers.set(this, this.left + this.more());
    core.timeouts.set(this.ringer, core.now() + this.stallTime);
  }

  cut(): void {
    cutOff(this.response);
  }

  private look(): void {
    const { writableLength } = this.response;
    if (writableLength > 0 && writableLength >= this.left) this.cut();
    else this.count();
  }
}

function nothing(): number {
  return 0;
}
