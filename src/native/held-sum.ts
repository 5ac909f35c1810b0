const WORD = 2 ** 32;

/** Mixes 32 bits, so that each depends on all. */
function mix(word: number): number {
  let mixed = word;
  mixed ^= mixed >>> 16;
  mixed = Math.imul(mixed, 0x7feb352d);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x846ca68b);
  mixed ^= mixed >>> 16;
  return mixed;
}

/** What one id adds to a sum: 32 bits. */
export function hashOf(id: number): number {
  const high = id >= WORD ? mix(Math.floor(id / WORD)) : 0;
  return mix((id ^ high) | 0) >>> 0;
}

/** How many locks a session holds, and which: as a sum of their hashes, so that their order says nothing, and each comes and goes for itself. */
export class HeldSum {
  count = 0;
  /** 32 bits, without a sign. */
  hash = 0;

  add(id: number): void {
    this.count++;
    this.hash = (this.hash + hashOf(id)) >>> 0;
  }

  remove(id: number): void {
    this.count--;
    this.hash = (this.hash - hashOf(id)) >>> 0;
  }

  equals({ count, hash }: { readonly count: number; readonly hash: number }): boolean {
    return count === this.count && hash === this.hash;
  }
}
