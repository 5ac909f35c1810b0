import { clientError } from './client-error.js';
import { ClusterPort } from './cluster-port.js';
import { keyPrefixOf } from './key-prefix-of.js';
import { ioredisOptions, IoredisLink, type IoredisClient } from './ioredis-link.js';
import type { OpenLink } from './link.js';
import { placesOf } from './places-of.js';
import type { RedisPort } from './port.js';
import { ASKING, type Topology } from './topology.js';

/** What is used of ioredis's `Cluster`. */
export interface IoredisCluster {
  readonly isCluster: true;
  readonly options: Readonly<Record<string, unknown>>;
  readonly startupNodes?: readonly unknown[];
  /** Of each slot, the `host:port` of its master and of its replicas. */
  readonly slots: readonly (readonly string[] | undefined)[];
  duplicate(nodes: readonly unknown[], override: Readonly<Record<string, unknown>>): IoredisCluster;
  connect(): Promise<void>;
  disconnect(): void;
  nodes(role: 'master'): readonly IoredisClient[];
  on(event: 'error' | 'node error', listener: (error: Error) => void): unknown;
}

/** Of the one that only asks who the masters are: it asks once. */
const OPTIONS: Readonly<Record<string, unknown>> = {
  lazyConnect: true,
  enableOfflineQueue: false,
  // A Cluster of which a part is down is still one.
  enableReadyCheck: false,
  clusterRetryStrategy: () => null,
  slotsRefreshInterval: undefined,
  slotsRefreshTimeout: ASKING,
  shardedSubscribers: false,
  scripts: undefined,
  himportFieldsets: undefined,
};

/** The port of ioredis's `Cluster`, and of those that came from it. */
export function ioredisClusterPort(cluster: IoredisCluster): RedisPort {
  const prefix = keyPrefixOf(cluster.options);
  return new ClusterPort(placesOf(cluster.startupNodes, 6379), () => discover(cluster, prefix), prefix);
}

async function discover(cluster: IoredisCluster, keyPrefix: string): Promise<Topology> {
  const asking = cluster.duplicate([], OPTIONS);
  let failure: Error | undefined;
  asking.on('error', (error) => {
    failure ??= clientError(error);
  });
  asking.on('node error', (error) => {
    failure = clientError(error);
  });
  try {
    await asking.connect();
    const slots = asking.slots.map((nodes) => nodes?.[0]);
    return { masters: mastersOf(asking, keyPrefix), masterOf: (slot) => slots[slot] };
  } catch (error) {
    throw failure ?? clientError(error);
  } finally {
    asking.disconnect();
  }
}

function mastersOf(asking: IoredisCluster, keyPrefix: string): ReadonlyMap<string, OpenLink> {
  return new Map(
    asking.nodes('master').map((node) => {
      const { host, port } = node.options;
      // With the certificates, the passwords and the translated addresses that the library has for it.
      const open: OpenLink = (user, isOld) =>
        new IoredisLink(node.duplicate({ ...ioredisOptions(isOld), keyPrefix }), user);
      return [`${String(host)}:${String(port)}`, open];
    }),
  );
}
