import { crc32 } from 'node:zlib';

/** Which of several servers has a key, as all clients of the service reckon it: CRC-32 of its UTF-8, modulo their number. */
export function shardOf(key: string, servers: number): number {
  return servers === 1 ? 0 : crc32(key) % servers;
}
