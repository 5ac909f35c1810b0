import type { Buffered } from '../../buffers.js';
import { Ringer } from '../../ringer.js';
import type { ServerCore } from '../../server-core.js';
import type { Written } from '../../turn.js';
import type { Call, RawResponse } from '../wire/call.js';
import { cutOff } from '../wire/cut-off.js';

/** A client that has not taken so much of what it was told is too far behind. Bytes. */
const MAX_BEHIND = 64 * 1024;
const HEADERS = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' };

/** How a stream is kept open, and for how long. */
export interface EventStreamOptions {
  /** What is said every so many milliseconds, so that both sides see that the other is there. */
  readonly beat: string;
  readonly every: number;
  /** It ends after so many milliseconds. Infinity: never. */
  readonly max: number;
  /** Called once, when it is over. */
  onEnd(): void;
}

/** What a client is told as it happens, as server-sent events. Who does not take it in time is cut off: he has to look anew. */
export class EventStream implements Written, Buffered {
  buffered = 0;
  private text = '';
  private isOver = false;
  private isStalled = false;
  private readonly response: RawResponse;
  private readonly end: number;
  private readonly ringer = new Ringer(() => {
    this.beat();
  });

  constructor(
    call: Call,
    private readonly core: ServerCore,
    private readonly options: EventStreamOptions,
  ) {
    const { response, headers } = call.takeOver();
    this.response = response;
    this.end = core.now() + options.max;
    response.writeHead(200, { ...headers, ...HEADERS });
    response.flushHeaders();
    response
      .on('drain', () => {
        this.isStalled = false;
        core.buffers.set(this, 0);
      })
      // A reset; 'close' follows.
      .on('error', () => {})
      .on('close', () => {
        this.leave();
      });
    if (call.isHead) response.end();
    else this.plan();
  }

  /** @param data Survives `JSON.stringify`. @param head Fields before it, a line each. */
  tell(data: unknown, head = ''): void {
    this.text += `${head}data: ${JSON.stringify(data)}\n\n`;
    this.core.turn.add(this);
  }

  flush(): void {
    const { text, response } = this;
    this.text = '';
    if (text === '' || this.isOver || response.writableEnded) return;
    response.write(text);
    const behind = response.writableLength;
    this.core.buffers.set(this, behind);
    if (behind > MAX_BEHIND) this.cut();
  }

  cut(): void {
    cutOff(this.response);
  }

  /** Says nothing more. */
  close(): void {
    this.flush();
    this.response.end();
  }

  private beat(): void {
    // Nothing was taken since the last time.
    if (this.isStalled) this.cut();
    else if (this.core.now() >= this.end) this.close();
    else {
      this.isStalled = this.response.writableLength > 0;
      this.text += this.options.beat;
      this.core.turn.add(this);
      this.plan();
    }
  }

  private plan(): void {
    this.core.timeouts.set(this.ringer, Math.min(this.core.now() + this.options.every, this.end));
  }

  private leave(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.core.timeouts.clear(this.ringer);
    this.core.buffers.set(this, 0);
    this.options.onEnd();
  }
}
