import type { RedisPort } from './port.js';

/** How many hash slots a Cluster has. */
const SLOTS = 16_384;
/** Of CRC-16/XMODEM, for each byte. */
const CRCS = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021;
  return crc;
});

/** The hash slot of a key as the server will see it; 0 where there are no slots. */
export function slotOf({ isCluster, keyPrefix }: Pick<RedisPort, 'isCluster' | 'keyPrefix'>, key: string): number {
  return isCluster ? hash(hashed(keyPrefix + key)) : 0;
}

const tags: string[] = [];
let last = 0;

/** A hash tag of a slot. */
export function tagOf(slot: number): string {
  let known = tags[slot];
  while (known === undefined) {
    const tag = (last++).toString(36);
    tags[hash(tag)] ??= tag;
    known = tags[slot];
  }
  return known;
}

/** The part of a key that decides: what is between its first `{` and the next `}`, unless that is nothing, else all of it. */
function hashed(key: string): string {
  const from = key.indexOf('{') + 1;
  const to = from === 0 ? -1 : key.indexOf('}', from);
  return to > from ? key.slice(from, to) : key;
}

function hash(text: string): number {
  let crc = 0;
  for (const byte of Buffer.from(text)) crc = ((crc << 8) & 0xffff) ^ (CRCS[(crc >> 8) ^ byte] ?? 0);
  return crc % SLOTS;
}
