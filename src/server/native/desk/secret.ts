import { timingSafeEqual } from 'node:crypto';

/** As many bytes of chance as nobody can guess. */
export const SECRET_BYTES = 24;

/** Compares what is kept with what somebody said, in a time that tells nothing. */
export function isSecret(digest: Buffer | undefined, said: Buffer): boolean {
  return digest !== undefined && timingSafeEqual(digest, said);
}
