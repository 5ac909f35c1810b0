import { LockUnsupportedError } from '../../../contract/errors.js';
import { CHANGED, type LinkUser, type OpenLink, type RedisLink } from './link.js';
import type { ChangedKeys } from './port.js';

/** As other links, but the server tells of keys that were read on them when somebody else changes or removes them. */
export function trackingLinks(open: OpenLink, changed: (keys: ChangedKeys) => void): OpenLink {
  return (user) => TrackingLink.open(open, user, changed);
}

/** What a listener to changed keys is told, without what the client puts before each key. */
export function withoutPrefix(prefix: string, listener: (keys: ChangedKeys) => void): (keys: ChangedKeys) => void {
  return (keys) => {
    listener(
      keys === 'all' ? keys : keys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length)),
    );
  };
}

/**
 * Two connections to one server: what is read on the first, the server remembers, and tells on the other who has changed. Both are there, or
 * none: so each new one begins with nothing remembered, and that is told as if all had changed.
 */
class TrackingLink implements RedisLink {
  private commands!: RedisLink;
  private ears!: RedisLink;
  private isOver = false;

  private constructor(
    private readonly user: LinkUser,
    private readonly changed: (keys: ChangedKeys) => void,
  ) {}

  static async open(open: OpenLink, user: LinkUser, changed: (keys: ChangedKeys) => void): Promise<RedisLink> {
    const link = new TrackingLink(user, changed);
    const lost = (cause: Error): void => {
      link.lose(cause);
    };
    link.commands = await open({ lost, message: () => {} });
    link.ears = await open(
      {
        lost,
        message: () => {},
        changed: (keys) => {
          link.tell(keys);
        },
      },
      true,
    );
    return link;
  }

  async connect(): Promise<void> {
    const { commands, ears } = this;
    await ears.connect();
    const id = String(await ears.send('CLIENT', ['ID']));
    const run = await runOf(ears);
    await ears.subscribe(CHANGED);
    await commands.connect();
    // A Sentinel may have named two, and both have a client of this number.
    if ((await runOf(commands)) !== run) throw new Error('the server was replaced by another one meanwhile');
    await commands.send('CLIENT', ['TRACKING', 'ON', 'REDIRECT', id, 'NOLOOP']).catch(unsupported);
    this.tell('all');
  }

  send(command: string, args: readonly string[]): Promise<unknown> {
    return this.commands.send(command, args);
  }

  subscribe(channel: string): Promise<unknown> {
    return this.commands.subscribe(channel);
  }

  keepAlive(isNeeded: boolean): void {
    this.commands.keepAlive(isNeeded);
    this.ears.keepAlive(isNeeded);
  }

  destroy(): void {
    this.isOver = true;
    this.commands.destroy();
    this.ears.destroy();
  }

  private lose(cause: Error): void {
    if (this.isOver) return;
    this.destroy();
    this.user.lost(cause);
  }

  private tell(keys: ChangedKeys): void {
    if (!this.isOver) this.changed(keys);
  }
}

/** What a server calls itself, from its start on. */
async function runOf(link: RedisLink): Promise<string | undefined> {
  return /run_id:(\w+)/.exec(String(await link.send('INFO', ['server'])))?.[1];
}

function unsupported(error: unknown): never {
  if (/^ERR (unknown|syntax)/i.test((error as Error).message))
    throw new LockUnsupportedError('this server cannot tell of keys that change: leave out the option `tracking`', {
      cause: error,
    });
  throw error;
}
