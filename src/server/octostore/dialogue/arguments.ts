import { ApiError } from '../wire/api-error.js';
import type { Fields } from '../wire/fields.js';

const SECOND = 1000;
const HOUR = 3600;
const MAX_METADATA = 1024;

/**
 * @param byDefault Seconds, as is `min`.
 * @param max Milliseconds.
 * @returns Milliseconds.
 * @throws ApiError if it is out of range.
 */
export function readTtl(fields: Fields, byDefault: number, min: number, max: number): number {
  const ttl = fields.optionalCount('ttl_seconds') ?? byDefault;
  const most = Math.min(HOUR, Math.floor(max / SECOND));
  if (ttl === 0 && min === 1) throw new ApiError('ttl', 'Invalid TTL: TTL must be greater than 0');
  if (ttl >= min && ttl <= most) return ttl * SECOND;
  const hour = most === HOUR ? ' (1 hour)' : '';
  throw new ApiError('ttl', `Invalid TTL: TTL cannot exceed ${String(most)} seconds${hour}`);
}

/** @throws ApiError if it is too long. */
export function readMetadata(fields: Fields): string | undefined {
  const metadata = fields.optionalText('metadata');
  if (metadata === undefined || metadata.length <= MAX_METADATA) return metadata;
  // Counted in characters, not in halves of them.
  if (Array.from(metadata).length <= MAX_METADATA) return metadata;
  throw new ApiError('input', 'Invalid input: Metadata cannot exceed 1024 characters');
}
