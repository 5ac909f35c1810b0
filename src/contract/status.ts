import type { Lease } from './lease.js';
import type { LockMode } from './options.js';

/** The leadership of a name, as `leader$` tells it. */
export type Leadership<Token = bigint | undefined> =
  { readonly leading: true; readonly lease: Lease<Token> } | { readonly leading: false; readonly leader?: Leader };

/** Who leads, as far as the service tells. */
export interface Leader {
  /** Who it is: the `holder` of its `Locks`, or the service's own name for it. */
  readonly holder?: string;
  /** What it has stored with its lock for others to read. */
  readonly metadata?: string;
  /** The fencing token of the leader's grant. */
  readonly term?: bigint;
}

/** What a service tells about a name. */
export interface LockStatus {
  /** Of the lock, as the user wrote it. */
  readonly name: string;
  /** Whether anybody has it. */
  readonly status: 'free' | 'held';
  /** How it is held. */
  readonly mode?: LockMode | undefined;
  /** How many hold it: more than one only if it is shared. */
  readonly holders?: number | undefined;
  /** Who holds it; of several who share it, the one who has had it longest; so are the token, `expiresAt` and the metadata. */
  readonly holder?: string | undefined;
  /** Of whoever holds it. */
  readonly fencingToken?: bigint | undefined;
  /** When the service frees it unless it is renewed, by the service's clock. The holder's own `lease.expiresAt` is earlier. */
  readonly expiresAt?: Date | undefined;
  /** How many wait for it in the service's queue. */
  readonly waiters?: number | undefined;
  /** What the holder has stored with it for others to read. */
  readonly metadata?: string | undefined;
  /** Plain data: the token as a decimal string. */
  toJSON(): Record<string, unknown>;
}
