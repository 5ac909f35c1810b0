import { OneLink } from './one-link.js';
import { Listening } from './listening.js';
import type { OpenLink } from './link.js';
import type { ChangedKeys, ChannelListener, RedisNode, RedisPort, Reply } from './port.js';
import { trackingLinks, withoutPrefix } from './tracking-link.js';

/** A port of one server, whatever the client library: one link for commands, and one to listen on. */
export class LinkPort implements RedisPort {
  readonly isCluster = false;
  private readonly commands: OneLink;
  private readonly listening: Listening;
  private down: ((cause: Error, node?: RedisNode) => void) | undefined;
  private tracking: ((keys: ChangedKeys) => void) | undefined;
  private isClosed = false;

  constructor(
    readonly where: string,
    open: OpenLink,
    readonly keyPrefix = '',
  ) {
    const way: OpenLink = (user) => (this.tracking === undefined ? open : trackingLinks(open, this.tracking))(user);
    this.commands = new OneLink(way, {
      lost: (cause) => {
        this.down?.(cause);
      },
      message: () => {},
    });
    this.listening = new Listening(open);
  }

  get isUp(): boolean {
    return this.commands.isUp;
  }

  connect(): Promise<void> {
    return this.isClosed ? Promise.reject(closed()) : this.commands.connect();
  }

  send(command: string, args: readonly string[]): Promise<Reply> {
    return this.commands.send(command, args);
  }

  nodes(): readonly RedisNode[] {
    return [this];
  }

  nodeOf(): RedisNode {
    return this;
  }

  subscribe(channel: string, listener: ChannelListener): Promise<void> {
    return this.isClosed ? Promise.reject(closed()) : this.listening.subscribe(channel, listener);
  }

  listenAnew(): void {
    this.listening.renew(new Error('the connection to Redis is silent'));
  }

  onDown(listener: (cause: Error, node?: RedisNode) => void): void {
    this.down = listener;
  }

  track(listener: (keys: ChangedKeys) => void): void {
    this.tracking = withoutPrefix(this.keyPrefix, listener);
  }

  keepAlive(isNeeded: boolean): void {
    this.commands.keepAlive(isNeeded);
    this.listening.keepAlive(isNeeded);
  }

  /** What the one is silent about the other will not tell either: the link that listens is made anew as well. */
  reset(): void {
    const cause = new Error('the connection to Redis was dropped');
    const wasUp = this.commands.drop(cause);
    this.listening.renew(cause);
    if (wasUp) this.down?.(cause);
  }

  close(): void {
    this.isClosed = true;
    this.down = undefined;
    this.commands.drop(closed());
    this.listening.close(closed());
  }
}

function closed(): Error {
  return new Error('the connection to Redis was closed');
}
