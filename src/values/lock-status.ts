import type { LockStatus } from '../contract/status.js';

/** A status without its behaviour. */
export type LockStatusFields = Omit<LockStatus, 'toJSON'>;

/** Those of a status, in this order. */
export const STATUS_FIELDS = [
  'name',
  'status',
  'mode',
  'holders',
  'holder',
  'fencingToken',
  'expiresAt',
  'waiters',
  'metadata',
] as const satisfies readonly (keyof LockStatusFields)[];

class PlainStatus {
  constructor(fields: LockStatusFields) {
    const own = this as Record<string, unknown>;
    for (const field of STATUS_FIELDS) own[field] = fields[field];
  }

  toJSON(this: LockStatus): Record<string, unknown> {
    const { fencingToken, expiresAt } = this;
    // Not `toISOString`: that throws on what is no date, and a service may say anything.
    return { ...this, fencingToken: fencingToken?.toString(), expiresAt: expiresAt?.toJSON() };
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
  return new PlainStatus(fields) as LockStatus;
}
