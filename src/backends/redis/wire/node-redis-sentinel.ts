import { clientError } from './client-error.js';
import { LinkPort } from './link-port.js';
import type { OpenLink } from './link.js';
import { madeWith } from './made-with.js';
import { NodeRedisLink, nodeRedisOptions, type NodeRedisClient } from './node-redis-link.js';
import { placesOf } from './places-of.js';
import type { RedisPort } from './port.js';

/** What is used of what a Sentinel client of node-redis was made with. */
interface SentinelOptions {
  readonly name?: string;
  readonly sentinelRootNodes?: readonly unknown[];
  readonly nodeClientOptions?: Readonly<Record<string, unknown>>;
  readonly keyPrefix?: string;
}

/** What is used of a Sentinel client of node-redis. */
export interface NodeRedisSentinel {
  readonly isOpen: boolean;
  /** From version 6 on. */
  duplicate?(override: Readonly<Record<string, unknown>>): NodeRedisSentinel;
  connect(): Promise<unknown>;
  destroy(): Promise<unknown>;
  /** Calls it with a client of the master. */
  _execute<T>(isReadonly: boolean, use: (client: NodeRedisClient) => Promise<T>): Promise<T>;
  on(event: 'error' | 'client-error', listener: (error: unknown) => void): unknown;
}

/** The port of a Sentinel client of node-redis. */
export function nodeRedisSentinelPort(sentinel: NodeRedisSentinel): RedisPort {
  const options: SentinelOptions = madeWith(sentinel);
  const { name = 'the master', sentinelRootNodes, keyPrefix = '' } = options;
  const places = placesOf(sentinelRootNodes, 26_379);
  const where = `${name} of ${places === '' ? 'some Sentinels' : `the Sentinels at ${places}`}`;
  const open: OpenLink = async (user, isOld) =>
    new NodeRedisLink(await masterOf(sentinel, options, isOld), user, keyPrefix);
  return new LinkPort(where, open, keyPrefix);
}

/** A client of whoever is the master now. The library's own goes to another by itself, with what was in flight. */
async function masterOf(
  sentinel: NodeRedisSentinel,
  options: SentinelOptions,
  isOld?: boolean,
): Promise<NodeRedisClient> {
  const { nodeClientOptions: own } = options;
  const asking = sentinel.duplicate?.({
    masterPoolSize: 1,
    replicaPoolSize: 0,
    scanInterval: 0,
    reserveClient: false,
    // It asks once.
    maxCommandRediscovers: 0,
    clientSideCache: undefined,
    nodeClientOptions: { ...own, ...nodeRedisOptions(own?.['socket']) },
  });
  return asking === undefined ? knownTo(sentinel, isOld) : askedBy(asking, isOld);
}

async function askedBy(asking: NodeRedisSentinel, isOld?: boolean): Promise<NodeRedisClient> {
  let failure: Error | undefined;
  const failed = (error: unknown): void => {
    failure = clientError((error as { error?: unknown }).error ?? error);
  };
  asking.on('error', failed);
  asking.on('client-error', failed);
  try {
    await asking.connect();
    return await likeMasterOf(asking, isOld);
  } catch (error) {
    throw failure ?? clientError(error);
  } finally {
    asking.destroy().catch(() => {});
  }
}

/** Before version 6 it cannot be duplicated, and only the user's own knows who the master is. */
async function knownTo(sentinel: NodeRedisSentinel, isOld?: boolean): Promise<NodeRedisClient> {
  if (!sentinel.isOpen)
    throw new Error('the Sentinel client is not connected, and must be with this version of `redis`');
  return likeMasterOf(sentinel, isOld);
}

function likeMasterOf(sentinel: NodeRedisSentinel, isOld?: boolean): Promise<NodeRedisClient> {
  return sentinel._execute(false, (client) =>
    Promise.resolve(client.duplicate(nodeRedisOptions(client.options?.['socket'], isOld))),
  );
}
