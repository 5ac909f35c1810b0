import type { Lease, LeaseJson } from '../contract/lease.js';

/**
 * A lease as plain data, for logs.
 *
 * @param isHeld What is logged must not make a loss happen: so it is not asked here.
 */
export function leaseJson(lease: Pick<Lease<unknown>, Exclude<keyof LeaseJson, 'isHeld'>>, isHeld: boolean): LeaseJson {
  const { name, id, fencingToken, holder, metadata, ttl, acquiredAt, expiresAt } = lease;
  return {
    name,
    id,
    fencingToken: (fencingToken as bigint | undefined)?.toString(),
    holder,
    metadata,
    ttl,
    acquiredAt: acquiredAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    isHeld,
  };
}
