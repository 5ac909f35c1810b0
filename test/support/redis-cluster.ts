import { until } from './poll.js';
import { RedisServer } from './redis-server.js';
import { freePorts } from '../../scripts/lib/free-ports.mjs';
import { startAll } from './start-all.js';

const SLOTS = 16_384;
const MASTERS = 3;
const WITHIN = 30_000;

/** What a Cluster knows of one of its nodes. */
interface KnownNode {
  readonly id: string;
  readonly port: number;
  readonly flags: readonly string[];
  /** The id of its master, if it is a replica. */
  readonly masterId: string;
  readonly slots: readonly (readonly [first: number, last: number])[];
}

/** Three masters and a replica of each. A replica takes over about a second after its master has gone. */
export class RedisCluster {
  private constructor(
    /** The masters that it began with, then the replica of each, in the same order. */
    readonly nodes: readonly RedisServer[],
  ) {}

  /** Starts one; whoever does so stops it. Resolves when every node knows where each slot is. */
  static async start(): Promise<RedisCluster> {
    const cluster = new RedisCluster(await startAll(Array.from({ length: 2 * MASTERS }, startNode)));
    try {
      await cluster.join();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** Host and port of each node, as clients want them. */
  get addresses(): readonly { readonly host: string; readonly port: number }[] {
    return this.nodes.map(({ host, port }) => ({ host, port }));
  }

  /** The slot of a key. */
  async slotOf(key: string): Promise<number> {
    return (await this.living().ask('CLUSTER', 'KEYSLOT', key)) as number;
  }

  /** The node that has a key's slot by now, as the others know it. */
  async masterOf(key: string): Promise<RedisServer> {
    return this.masterOfSlot(await this.slotOf(key));
  }

  /** The nodes that have slots by now, and live. */
  async masters(): Promise<readonly RedisServer[]> {
    const known = await this.known();
    const masters = known.filter(({ slots }) => slots.length > 0).map(({ port }) => this.at(port));
    return masters.filter(({ pid }) => pid !== undefined);
  }

  /**
   * Kills the master of a key.
   *
   * @returns What was killed. Another one serves the key only when `takenOver` resolves.
   */
  async killMasterOf(key: string): Promise<RedisServer> {
    const master = await this.masterOf(key);
    await master.kill();
    return master;
  }

  /** Resolves when a key has another master than this one, and every node that lives knows it. */
  async takenOver(key: string, from: RedisServer): Promise<RedisServer> {
    await until(async () => (await this.masterOf(key)) !== from, 'the fail-over', WITHIN);
    await this.whole();
    return this.masterOf(key);
  }

  /**
   * Moves a slot, with the keys in it, to the next of the masters.
   *
   * @param halfway Is awaited while the slot is being moved: its keys are still where they were, and what is not there has moved.
   * @returns Where it is now.
   */
  async migrateSlot(slot: number, halfway: () => Promise<unknown> = async () => undefined): Promise<RedisServer> {
    const known = await this.known();
    const masters = known.filter(({ flags }) => flags.includes('master') && !flags.includes('fail'));
    const from = masters.findIndex(({ slots }) => hasSlot(slots, slot));
    const [source, target] = [masters[from]!, masters[(from + 1) % masters.length]!];
    const [sender, receiver] = [this.at(source.port), this.at(target.port)];
    await receiver.ask('CLUSTER', 'SETSLOT', slot, 'IMPORTING', source.id);
    await sender.ask('CLUSTER', 'SETSLOT', slot, 'MIGRATING', target.id);
    await halfway();
    for (;;) {
      const keys = (await sender.ask('CLUSTER', 'GETKEYSINSLOT', slot, 100)) as readonly string[];
      if (keys.length === 0) break;
      await sender.ask('MIGRATE', receiver.host, receiver.port, '', 0, 5000, 'KEYS', ...keys);
    }
    for (const one of [receiver, sender]) await one.ask('CLUSTER', 'SETSLOT', slot, 'NODE', target.id);
    await until(async () => (await this.masterOfSlot(slot)) === receiver, 'the move of the slot', WITHIN);
    return receiver;
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  /** Makes a Cluster of what are so many single nodes. */
  private async join(): Promise<void> {
    const [first] = this.nodes;
    const masters = this.nodes.slice(0, MASTERS);
    const part = Math.ceil(SLOTS / MASTERS);
    await Promise.all(
      masters.map(async (node, index) => {
        const last = Math.min(SLOTS, (index + 1) * part) - 1;
        await node.ask('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
        await node.ask('CLUSTER', 'ADDSLOTSRANGE', index * part, last);
      }),
    );
    for (const node of this.nodes.slice(1)) await first!.ask('CLUSTER', 'MEET', node.host, node.port, busOf(node));
    const knowsAll = async (node: RedisServer): Promise<boolean> =>
      (await this.known(node)).filter(({ flags }) => !flags.includes('handshake')).length === this.nodes.length;
    await until(async () => (await Promise.all(this.nodes.map(knowsAll))).every(Boolean), 'the meeting', WITHIN);
    for (const [index, node] of this.nodes.slice(MASTERS).entries()) {
      await node.ask('CLUSTER', 'REPLICATE', (await masters[index]!.ask('CLUSTER', 'MYID')) as string);
    }
    await this.whole();
    const isUp = async (node: RedisServer): Promise<boolean> => (await node.info('master_link_status')) === 'up';
    await until(
      async () => (await Promise.all(this.nodes.slice(MASTERS).map(isUp))).every(Boolean),
      'replicas that have everything',
      WITHIN,
    );
  }

  /** Resolves when every node that lives serves, and knows of the same masters. */
  private async whole(): Promise<void> {
    const views = async (): Promise<readonly string[]> =>
      Promise.all(
        this.nodes
          .filter(({ pid }) => pid !== undefined)
          .map(async (node) => {
            const info = (await node.ask('CLUSTER', 'INFO')) as string;
            if (!info.includes('cluster_state:ok')) return `down at ${String(node.port)}`;
            const known = await this.known(node);
            const masters = known
              .filter(({ slots }) => slots.length > 0)
              .map(({ id, slots }) => `${id} ${slots.join()}`);
            const replicas = known.filter(({ flags }) => flags.includes('slave')).map(({ id }) => id);
            return [...masters, ...replicas].sort().join('\n');
          }),
      );
    await until(async () => new Set(await views()).size === 1, 'a whole Cluster', WITHIN);
  }

  private async masterOfSlot(slot: number): Promise<RedisServer> {
    const master = (await this.known()).find(({ slots }) => hasSlot(slots, slot));
    if (master === undefined) throw new Error(`nobody has slot ${String(slot)}`);
    return this.at(master.port);
  }

  private at(port: number): RedisServer {
    return this.nodes.find((node) => node.port === port)!;
  }

  private living(): RedisServer {
    const node = this.nodes.find(({ pid }) => pid !== undefined);
    if (node === undefined) throw new Error('no node lives any more');
    return node;
  }

  private async known(of = this.living()): Promise<readonly KnownNode[]> {
    const text = (await of.ask('CLUSTER', 'NODES')) as string;
    return text.trim().split('\n').map(parseNode);
  }
}

function startNode(): Promise<RedisServer> {
  return RedisServer.start(async () => {
    // Its port for other nodes would be that of its clients + 10000, which somebody may have.
    const [bus] = await freePorts(1);
    const config = [
      'cluster-enabled yes',
      `cluster-port ${String(bus)}`,
      'cluster-node-timeout 1000',
      'cluster-replica-validity-factor 0',
      'repl-ping-replica-period 1',
    ];
    return { config };
  });
}

function busOf({ settings }: RedisServer): string {
  return /cluster-port (\d+)/.exec(settings.config!.join('\n'))![1]!;
}

/** A line of `CLUSTER NODES`: id, host:port@bus, flags, master, ping, pong, epoch, link, and then slots, some of them on their way. */
function parseNode(line: string): KnownNode {
  const [id = '', address = '', flags = '', masterId = '', , , , , ...slots] = line.split(' ');
  return {
    id,
    port: Number(/:(\d+)@/.exec(address)?.[1]),
    flags: flags.split(','),
    masterId,
    slots: slots
      .filter((slot) => !slot.startsWith('['))
      .map((range) => range.split('-').map(Number))
      .map(([first = 0, last = first]) => [first, last] as const),
  };
}

function hasSlot(slots: KnownNode['slots'], slot: number): boolean {
  return slots.some(([first, last]) => first <= slot && slot <= last);
}
