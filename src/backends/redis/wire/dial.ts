import { clientError } from './client-error.js';
import type { RedisLink, LinkUser, OpenLink } from './link.js';

/** An attempt to connect, which can be given up. */
export class Dial {
  /** The link, once it is up. */
  readonly done: Promise<RedisLink>;
  private link: RedisLink | undefined;
  private failure: Error | undefined;
  private reject: (cause: Error) => void = () => {};

  constructor(
    private readonly open: OpenLink,
    private readonly user: LinkUser,
    private isNeeded: boolean,
  ) {
    this.done = new Promise((resolve, reject) => {
      this.reject = reject;
      this.connect().then(resolve, (error: unknown) => {
        this.giveUp(clientError(error));
      });
    });
  }

  keepAlive(isNeeded: boolean): void {
    this.isNeeded = isNeeded;
    this.link?.keepAlive(isNeeded);
  }

  /** Drops the link, and rejects if it is not up yet. */
  giveUp(cause: Error): void {
    if (this.failure !== undefined) return;
    this.failure = cause;
    this.link?.destroy();
    this.reject(cause);
  }

  private async connect(): Promise<RedisLink> {
    const link = await this.open({
      lost: (cause) => {
        this.giveUp(cause);
        this.user.lost(cause);
      },
      message: (channel, text) => {
        this.user.message(channel, text);
      },
    });
    // The libraries load for a while.
    if (this.failure !== undefined) throw this.failure;
    this.link = link;
    link.keepAlive(this.isNeeded);
    await link.connect();
    return link;
  }
}
