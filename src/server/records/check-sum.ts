const SEEDS = [0x243f_6a88, 0x85a3_08d3] as const;

/** What stands for a text: 64 bits, in two whole numbers. */
export interface Digest {
  high: number;
  low: number;
}

/** Writes the digest of an entry. */
export function digestInto(target: Digest, key: string, text: string): void {
  target.high = mix(text, mix(key, SEEDS[0]));
  target.low = mix(text, mix(key, SEEDS[1]));
}

/** The sum of the digests of all entries, in whatever order they came and went: what got lost unnoticed is missing in it. */
export class CheckSum implements Digest {
  count = 0;
  high = 0;
  low = 0;

  add({ high, low }: Digest): void {
    this.count++;
    this.high = (this.high + high) | 0;
    this.low = (this.low + low) | 0;
  }

  remove({ high, low }: Digest): void {
    this.count--;
    this.high = (this.high - high) | 0;
    this.low = (this.low - low) | 0;
  }
}

/** A hash for damage, not for enemies: whoever can write the files can write anything. */
function mix(text: string, seed: number): number {
  let hash = seed;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x5bd1_e995);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash ^ (hash >>> 13), 0x85eb_ca6b);
  return (hash ^ (hash >>> 16)) | 0;
}
