import type { RedisPort } from '../wire/port.js';

const TAG = /\{.*\}/;

/**
 * What the names of clients' channels begin with. If all names of a Cluster have one hash tag, the channels have it too: then they are sharded ones, and a message
 * goes to one server, and not to each node.
 *
 * @param slot The hash tag of all names, if there is one.
 */
export function channelsOf(
  prefix: string,
  slot: string | undefined,
  { isCluster, keyPrefix }: Pick<RedisPort, 'isCluster' | 'keyPrefix'>,
): string {
  // A hash tag before it would decide about the keys, and not about the channels.
  const isSharded = isCluster && slot !== undefined && !keyPrefix.includes('{');
  return isSharded ? `${prefix}{${slot}}c:` : `${prefix}c:`;
}

/** As a channel of all servers, as who knows no other ones has it. */
export function wholeChannel(channel: string): string {
  return channel.replace(TAG, '');
}
