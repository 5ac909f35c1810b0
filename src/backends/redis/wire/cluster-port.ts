import { isSharded } from './is-sharded.js';
import { keyRange } from './key-range.js';
import { Listening } from './listening.js';
import { Masters, type Master } from './masters.js';
import { Redirection } from './redirection.js';
import type { ChangedKeys, ChannelListener, RedisNode, RedisPort, Reply } from './port.js';
import { slotOf } from './slot-of.js';
import type { Discover } from './topology.js';
import { withoutPrefix } from './tracking-link.js';

/** How often one command is sent on to another server. */
const HOPS = 5;

/**
 * A port of a Cluster, whatever the client library: of each master it has one link for commands, so that what is sent for one slot
 * goes out in order, and what is lost is known; and one more link to listen on. The library's own client of Clusters tells who the
 * masters are, and sends nothing: it would try again what may have been executed.
 */
export class ClusterPort implements RedisPort {
  readonly isCluster = true;
  private readonly masters: Masters;
  private readonly listening: Listening;
  private down: ((cause: Error, node?: RedisNode) => void) | undefined;
  private isClosed = false;
  /** Whose master tells, of a sharded channel; of others each master does. */
  private slot: number | undefined;

  constructor(
    readonly where: string,
    discover: Discover,
    readonly keyPrefix = '',
  ) {
    this.masters = new Masters(discover, (cause, node) => {
      this.down?.(cause, node);
    });
    const { masters } = this;
    this.listening = new Listening(
      async (user) => {
        const open = await (this.slot === undefined ? masters.any() : masters.to(this.slot));
        return open(user);
      },
      (error) => {
        const redirection = Redirection.read(error);
        if (redirection !== undefined) masters.redirected(redirection).catch(() => {});
      },
    );
  }

  get isUp(): boolean {
    return this.masters.isUp;
  }

  connect(): Promise<void> {
    return this.isClosed ? Promise.reject(closed()) : this.masters.connect();
  }

  send(command: string, args: readonly string[], key?: string): Promise<Reply> {
    const own = keyOf(command, args) ?? key;
    return this.follow(own === undefined ? this.masters.first : this.masterOf(own), command, args, HOPS);
  }

  nodes(): readonly RedisNode[] {
    return this.masters.all;
  }

  nodeOf(key: string): RedisNode | undefined {
    return this.masterOf(key);
  }

  subscribe(channel: string, listener: ChannelListener): Promise<void> {
    if (this.isClosed) return Promise.reject(closed());
    this.slot = isSharded(channel) ? slotOf(this, channel) : undefined;
    return this.listening.subscribe(channel, listener);
  }

  listenAnew(): void {
    this.listening.renew(new Error('the connection to Redis is silent'));
  }

  onDown(listener: (cause: Error, node?: RedisNode) => void): void {
    this.down = listener;
  }

  track(listener: (keys: ChangedKeys) => void): void {
    this.masters.tracking = withoutPrefix(this.keyPrefix, listener);
  }

  keepAlive(isNeeded: boolean): void {
    this.masters.keepAlive(isNeeded);
    this.listening.keepAlive(isNeeded);
  }

  /** Where the one is silent, the link that listens there hears nothing either. */
  reset(node?: RedisNode): void {
    const cause = new Error('the connection to Redis was dropped');
    if (node === undefined) {
      const wasUp = this.masters.drop(cause);
      this.listening.renew(cause);
      if (wasUp) this.down?.(cause);
      return;
    }
    const master = this.masters.all.find((one) => one === node);
    if (master === undefined) return;
    if (master.address === this.masters.listenedTo) this.listening.renew(cause);
    this.masters.dropOne(master, cause);
  }

  close(): void {
    this.isClosed = true;
    this.down = undefined;
    this.masters.drop(closed());
    this.listening.close(closed());
  }

  private masterOf(key: string): Master | undefined {
    return this.masters.of(slotOf(this, key));
  }

  /** Sends it, and sends it on to where the server says: it has not executed it then. */
  private async follow(
    node: RedisNode | undefined,
    command: string,
    args: readonly string[],
    hops: number,
  ): Promise<Reply> {
    if (node === undefined) throw new Error('there is no connection to the server of this slot');
    try {
      return await node.send(command, args);
    } catch (error) {
      const redirection = hops === 0 ? undefined : Redirection.read(error);
      if (redirection === undefined) throw error;
      const next = await this.masters.redirected(redirection);
      if (next === undefined) throw error;
      // Nothing comes between the two.
      if (redirection.isAsking) next.send('ASKING', []).catch(() => {});
      return this.follow(next, command, args, hops - 1);
    }
  }
}

function keyOf(command: string, args: readonly string[]): string | undefined {
  const [from, to] = keyRange(command, args);
  return from < to ? args[from] : undefined;
}

function closed(): Error {
  return new Error('the connections to Redis were closed');
}
