import type { LockMode } from '../contract/options.js';
import type { LockStatus } from '../contract/status.js';

/** A status without its behaviour. */
export type LockStatusFields = Omit<LockStatus, 'toJSON'>;

class PlainStatus implements LockStatus {
  readonly name: string;
  readonly status: 'free' | 'held';
  readonly mode: LockMode | undefined;
  readonly holders: number | undefined;
  readonly holder: string | undefined;
  readonly fencingToken: bigint | undefined;
  readonly expiresAt: Date | undefined;
  readonly waiters: number | undefined;
  readonly metadata: string | undefined;

  constructor(fields: LockStatusFields) {
    this.name = fields.name;
    this.status = fields.status;
    this.mode = fields.mode;
    this.holders = fields.holders;
    this.holder = fields.holder;
    this.fencingToken = fields.fencingToken;
    this.expiresAt = fields.expiresAt;
    this.waiters = fields.waiters;
    this.metadata = fields.metadata;
  }

  toJSON(): Record<string, unknown> {
    const { name, status, mode, holders, holder, fencingToken, expiresAt, waiters, metadata } = this;
    return {
      name,
      status,
      mode,
      holders,
      holder,
      fencingToken: fencingToken?.toString(),
      // Not `toISOString`: that throws on what is no date, and a service may say anything.
      expiresAt: expiresAt?.toJSON(),
      waiters,
      metadata,
    };
  }
}

/**
 * Makes a status that can be written as JSON: the token as a decimal string, the date in ISO 8601.
 *
 * @param fields What the service tells; what it does not tell is left out.
 *
 * @example
 * ```ts
 * import { lockStatus } from 'rxlock';
 *
 * JSON.stringify(lockStatus({ name: 'report', status: 'held', fencingToken: 7n }));
 * // {"name":"report","status":"held","fencingToken":"7"}
 * ```
 */
export function lockStatus(fields: LockStatusFields): LockStatus {
  return new PlainStatus(fields);
}
