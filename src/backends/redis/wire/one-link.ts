import { Dial } from './dial.js';
import { InFlight } from './in-flight.js';
import type { RedisLink, LinkUser, OpenLink } from './link.js';
import type { Reply } from './port.js';

/** One link at a time: made when it is asked for, and made anew when it was lost. It tells of a loss only if it was up. */
export class OneLink {
  private link: RedisLink | undefined;
  private inFlight = new InFlight();
  private dial: Dial | undefined;
  private connecting: Promise<void> | undefined;
  private isNeeded = true;

  constructor(
    private readonly open: OpenLink,
    private readonly user: LinkUser,
  ) {}

  get isUp(): boolean {
    return this.link !== undefined;
  }

  connect(): Promise<void> {
    if (this.link !== undefined) return Promise.resolve();
    this.connecting ??= this.begin();
    return this.connecting;
  }

  send(command: string, args: readonly string[]): Promise<Reply> {
    const { link } = this;
    return link === undefined ? Promise.reject(notUp()) : this.inFlight.add(link.send(command, args));
  }

  subscribe(channel: string): Promise<Reply> {
    const { link } = this;
    return link === undefined ? Promise.reject(notUp()) : this.inFlight.add(link.subscribe(channel));
  }

  keepAlive(isNeeded: boolean): void {
    this.isNeeded = isNeeded;
    this.dial?.keepAlive(isNeeded);
    this.link?.keepAlive(isNeeded);
  }

  /**
   * Drops the link at once, or the attempt to get one.
   *
   * @returns Was it up?
   */
  drop(cause: Error): boolean {
    const { dial, link, inFlight } = this;
    this.dial = this.connecting = this.link = undefined;
    dial?.giveUp(cause);
    if (link === undefined) return false;
    this.inFlight = new InFlight();
    link.destroy();
    inFlight.fail(cause);
    return true;
  }

  private async begin(): Promise<void> {
    const dial = new Dial(
      this.open,
      {
        lost: (cause) => {
          if (this.dial !== dial) return;
          if (this.drop(cause)) this.user.lost(cause);
        },
        message: (channel, text) => {
          if (this.dial === dial) this.user.message(channel, text);
        },
      },
      this.isNeeded,
    );
    this.dial = dial;
    try {
      const link = await dial.done;
      // It may have been dropped, or lost, since.
      if (this.dial !== dial) throw notUp();
      this.link = link;
    } finally {
      if (this.dial === dial) this.connecting = undefined;
    }
  }
}

function notUp(): Error {
  return new Error('there is no connection to Redis');
}
