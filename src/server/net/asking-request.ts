import { IncomingMessage } from 'node:http';

/**
 * A request that may ask for another protocol.
 *
 * `upgrade` is what the parser of `node:http` goes by, and asks twice: after the header, whether the connection is another's from now on; and when it
 * has read all that it was given, whether it is so that it stopped in the middle. Where the request has a body it has to be a request first.
 */
export class AskingRequest extends IncomingMessage {
  private hasAsked = false;

  get upgrade(): boolean {
    return this.hasAsked && (this.complete || !this.hasBody);
  }

  set upgrade(hasAsked: boolean | null) {
    this.hasAsked = hasAsked === true;
  }

  /** Only without a body. */
  get isForWebSocket(): boolean {
    return this.headers.upgrade?.toLowerCase() === 'websocket' && !this.hasBody;
  }

  private get hasBody(): boolean {
    const { 'content-length': length = '0', 'transfer-encoding': encoding } = this.headers;
    return encoding !== undefined || !/^0+$/.test(length);
  }
}
