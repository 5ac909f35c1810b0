import { clientError } from './client-error.js';
import { ClusterPort } from './cluster-port.js';
import type { OpenLink } from './link.js';
import { madeWith } from './made-with.js';
import { NodeRedisLink, nodeRedisOptions, type NodeRedisClient } from './node-redis-link.js';
import { placesOf } from './places-of.js';
import type { RedisPort } from './port.js';
import { ASKING, type Topology } from './topology.js';

/** What is used of a master that node-redis knows. */
interface MasterNode {
  readonly host: string;
  readonly port: number;
  /** `host:port`, as the Cluster calls it. */
  readonly address: string;
  readonly client?: NodeRedisClient | undefined;
}

/** What is used of what a Cluster of node-redis was made with. */
interface ClusterOptions {
  readonly rootNodes?: readonly unknown[];
  readonly defaults?: Readonly<Record<string, unknown>>;
  readonly nodeAddressMap?: Readonly<Record<string, object>> | ((address: string) => object | undefined);
  readonly keyPrefix?: string;
}

/** What is used of a Cluster of node-redis. */
export interface NodeRedisCluster {
  readonly slots: readonly ({ readonly master: MasterNode } | undefined)[];
  readonly masters: readonly MasterNode[];
  duplicate(override: Readonly<Record<string, unknown>>): NodeRedisCluster;
  connect(): Promise<unknown>;
  destroy(): void;
  nodeClient(node: MasterNode): Promise<unknown>;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** The port of a Cluster of node-redis. */
export function nodeRedisClusterPort(cluster: NodeRedisCluster): RedisPort {
  const options: ClusterOptions = madeWith(cluster);
  const { rootNodes, keyPrefix = '' } = options;
  return new ClusterPort(placesOf(rootNodes, 6379), () => discover(cluster, options), keyPrefix);
}

async function discover(cluster: NodeRedisCluster, options: ClusterOptions): Promise<Topology> {
  const { defaults } = options;
  const like = nodeRedisOptions(defaults?.['socket']);
  const asking = cluster.duplicate({
    minimizeConnections: true,
    useReplicas: false,
    clientSideCache: undefined,
    defaults: { ...defaults, ...like, socket: { ...(like['socket'] as object), socketTimeout: ASKING } },
  });
  let failure: Error | undefined;
  asking.on('error', (error) => {
    failure = clientError(error);
  });
  try {
    await asking.connect();
  } catch (error) {
    throw failure ?? clientError(error);
  }
  const model = modelOf(asking);
  const slots = asking.slots.map((shard) => shard?.master.address);
  return {
    masters: new Map(asking.masters.map((node) => [node.address, linksTo(node, model, options)])),
    masterOf: (slot) => slots[slot],
  };
}

/** A client of one master, to make others like it: with the user's options for each. It is ended as soon as it can be. */
function modelOf(asking: NodeRedisCluster): NodeRedisClient {
  const [node] = asking.masters;
  if (node === undefined) throw new Error('the Cluster has no masters');
  const end = (): void => {
    try {
      asking.destroy();
    } catch {
      // It is over already.
    }
  };
  // It is there at once, and connects.
  asking.nodeClient(node).then(end, end);
  const model = node.client;
  if (model === undefined) throw new Error('the Cluster tells nothing of its masters');
  model.on('error', () => {});
  model.on('connect', end);
  return model;
}

function linksTo({ host, port, address }: MasterNode, model: NodeRedisClient, options: ClusterOptions): OpenLink {
  const { nodeAddressMap: map, keyPrefix } = options;
  const place = (typeof map === 'function' ? map(address) : map?.[address]) ?? { host, port };
  const socket = { ...(model.options?.['socket'] as object | undefined), ...place };
  return (user, isOld) => new NodeRedisLink(model.duplicate(nodeRedisOptions(socket, isOld)), user, keyPrefix);
}
