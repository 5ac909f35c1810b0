import { OneLink } from './one-link.js';
import type { OpenLink } from './link.js';
import type { ChangedKeys, RedisNode, Reply } from './port.js';
import type { Redirection } from './redirection.js';
import { Retry } from './retry.js';
import type { Discover, Topology } from './topology.js';
import { trackingLinks } from './tracking-link.js';

/** So long those that are up wait for the others to come up as well. Milliseconds. */
const GRACE = 500;
/** So long an attempt to connect to one of them may take, while another is up. Milliseconds. */
const PATIENCE = 5000;

/** A master with its link. */
export class Master implements RedisNode {
  readonly line: OneLink;
  /** Since when it is tried, on the machine's clock. */
  private since = -Infinity;

  constructor(
    readonly address: string,
    open: OpenLink,
    lost: (cause: Error, master: Master) => void,
  ) {
    this.line = new OneLink(open, {
      lost: (cause) => {
        lost(cause, this);
      },
      message: () => {},
    });
  }

  /** An attempt that takes too long is given up for another: it may be silent for ever. */
  connect(): Promise<void> {
    // eslint-disable-next-line no-restricted-globals -- a connection lives in real time
    const now = performance.now();
    if (!this.line.isUp && now - this.since > PATIENCE) {
      this.line.drop(new Error('the server does not answer'));
      this.since = now;
    }
    return this.line.connect();
  }

  send(command: string, args: readonly string[]): Promise<Reply> {
    return this.line.send(command, args);
  }
}

/**
 * The masters of a Cluster, and a link to each. While one of them is up the others are tried again and again, and who they are is
 * asked anew.
 */
export class Masters {
  private topology: Topology | undefined;
  /** What has moved since that was asked. */
  private readonly moved = new Map<number, string>();
  private readonly byAddress = new Map<string, Master>();
  private refreshing: Promise<void> | undefined;
  /** Ends what is going on. */
  private giveUp: (cause: Error) => void = () => {};
  private readonly retry = new Retry(() => this.refresh());
  private isNeeded = true;
  /** Who is told of keys that change. */
  tracking: ((keys: ChangedKeys) => void) | undefined;
  private turn = 0;
  private heard: string | undefined;

  constructor(
    private readonly discover: Discover,
    private readonly down: (cause: Error, master: Master) => void,
  ) {}

  get isUp(): boolean {
    return this.first !== undefined;
  }

  get all(): readonly Master[] {
    return [...this.byAddress.values()];
  }

  /** One that is up. */
  get first(): Master | undefined {
    for (const master of this.byAddress.values()) if (master.line.isUp) return master;
    return undefined;
  }

  /** The one that has a slot. */
  of(slot: number): Master | undefined {
    const address = this.moved.get(slot) ?? this.topology?.masterOf(slot);
    return address === undefined ? undefined : this.byAddress.get(address);
  }

  /** Resolves when one of them is up. */
  connect(): Promise<void> {
    return this.isUp ? Promise.resolve() : this.refresh();
  }

  /** The way to one of them, each time to another. */
  async any(): Promise<OpenLink> {
    this.topology ??= await this.discover();
    const ways = [...this.topology.masters];
    const way = ways[this.turn++ % ways.length];
    if (way === undefined) throw new Error('the Cluster has no masters');
    this.heard = way[0];
    return way[1];
  }

  /** The way to the one that has a slot. */
  async to(slot: number): Promise<OpenLink> {
    this.topology ??= await this.discover();
    const address = this.moved.get(slot) ?? this.topology.masterOf(slot);
    const open = address === undefined ? undefined : this.topology.masters.get(address);
    if (open === undefined) throw new Error('the slot has no master');
    this.heard = address;
    return open;
  }

  /** The address that {@link any} or {@link to} led to last. */
  get listenedTo(): string | undefined {
    return this.heard;
  }

  /** Who is to be asked instead. */
  async redirected({ slot, address, isAsking }: Redirection): Promise<Master | undefined> {
    const known = this.byAddress.get(address);
    if (known?.line.isUp !== true) {
      await this.refresh();
      return isAsking ? this.byAddress.get(address) : this.of(slot);
    }
    if (isAsking) return known;
    this.moved.set(slot, address);
    this.retry.soon();
    return known;
  }

  keepAlive(isNeeded: boolean): void {
    this.isNeeded = isNeeded;
    for (const { line } of this.all) line.keepAlive(isNeeded);
  }

  /**
   * Drops all of them at once, and forgets who they were.
   *
   * @returns Was one of them up?
   */
  drop(cause: Error): boolean {
    this.retry.stop();
    this.topology = this.refreshing = undefined;
    this.moved.clear();
    this.giveUp(cause);
    const { all } = this;
    this.byAddress.clear();
    return all.map(({ line }) => line.drop(cause)).includes(true);
  }

  /** Drops one of them at once, and asks who they are by now. */
  dropOne(master: Master, cause: Error): void {
    if (master.line.drop(cause)) this.down(cause, master);
    this.retry.soon();
  }

  /** Asks who they are, and connects to those that it is not connected to. Resolves when one is up. */
  private refresh(): Promise<void> {
    if (this.refreshing !== undefined) return this.refreshing;
    const refreshing = this.begin().finally(() => {
      if (this.refreshing === refreshing) this.refreshing = undefined;
    });
    this.refreshing = refreshing;
    return refreshing;
  }

  private async begin(): Promise<void> {
    let failure: Error | undefined;
    const given = new Promise<never>((_, reject) => {
      this.giveUp = (cause) => {
        failure = cause;
        reject(cause);
      };
    });
    // It may come when nobody waits any more.
    given.catch(() => {});
    const topology = await Promise.race([this.discover(), given]);
    if (failure !== undefined) throw failure;
    this.adopt(topology);
    await Promise.race([this.connectAll(), given]);
  }

  private adopt(topology: Topology): void {
    this.topology = topology;
    this.moved.clear();
    const gone = new Error('it is no master of the Cluster any more');
    for (const [address, master] of this.byAddress) {
      if (topology.masters.has(address)) continue;
      this.byAddress.delete(address);
      if (master.line.drop(gone)) this.down(gone, master);
    }
    for (const [address, open] of topology.masters) {
      if (this.byAddress.has(address)) continue;
      const way = this.tracking === undefined ? open : trackingLinks(open, this.tracking);
      const master = new Master(address, way, (cause, one) => {
        this.down(cause, one);
        this.retry.soon();
      });
      master.line.keepAlive(this.isNeeded);
      this.byAddress.set(address, master);
    }
  }

  private async connectAll(): Promise<void> {
    const all = this.all.map((master) => master.connect());
    const tried = Promise.allSettled(all);
    await Promise.race([tried, Promise.any(all).then(grace, () => tried)]);
    if (this.all.every(({ line }) => line.isUp)) this.retry.rest();
    // One of them may be silent for ever.
    else if (this.isUp) this.retry.soon();
    else
      throw (await tried).find((one) => one.status === 'rejected')?.reason ?? new Error('the Cluster has no masters');
  }
}

function grace(): Promise<void> {
  return new Promise((resolve) => {
    // eslint-disable-next-line no-restricted-globals -- a connection lives in real time, and no process stays for this
    setTimeout(resolve, GRACE).unref();
  });
}
