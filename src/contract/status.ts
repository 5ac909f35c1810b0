import type { Lease } from './lease.js';
import type { LockMode } from './options.js';

/** The leadership of a name, as `leader$` tells it. */
export type Leadership<Token = bigint | undefined> =
  { readonly leading: true; readonly lease: Lease<Token> } | { readonly leading: false; readonly leader?: Leader };

/** Who leads, as far as the service tells. */
export interface Leader {
  readonly holder?: string;
  readonly metadata?: string;
  /** The fencing token of the leader's grant. */
  readonly term?: bigint;
}

/** What a service tells about a name. */
export interface LockStatus {
  readonly name: string;
  readonly status: 'free' | 'held';
  /** How it is held. */
  readonly mode?: LockMode | undefined;
  /** How many hold it: more than one only if it is shared. */
  readonly holders?: number | undefined;
  /** Of several who share it, the one who has had it longest; so are the token, `expiresAt` and the metadata. */
  readonly holder?: string | undefined;
  readonly fencingToken?: bigint | undefined;
  /** When the service frees it unless it is renewed, by the service's clock. The holder's own `lease.expiresAt` is earlier. */
  readonly expiresAt?: Date | undefined;
  readonly waiters?: number | undefined;
  readonly metadata?: string | undefined;
  /** Plain data: the token as a decimal string. */
  toJSON(): Record<string, unknown>;
}
