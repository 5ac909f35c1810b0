import type { Digest } from './check-sum.js';

/** One entry of the ledger, as it is now and as it is on disk. */
export abstract class Leaf implements Digest {
  /** Of what is in the ledger. */
  high = 0;
  low = 0;
  /** Is it in the ledger, once the batches until now are written? */
  isStored = false;
  /** The batch with its last change. */
  batch = 0;

  abstract readonly key: string;
  /** What it is now; undefined: it is no more. */
  abstract text(): string | undefined;
  /** The batch in which it was written is on disk. */
  abstract stored(): void;
  /** It is not, and nobody knows what is. @returns Does what was stored before do? */
  abstract failed(): boolean;
}
