import { timingSafeEqual } from 'node:crypto';
import { digestOf } from '../../digest-of.js';
import { uuidOf } from '../wire/uuid.js';

/** What may be stored of a secret that nobody can guess: nothing in it lets anybody in. */
export function digestTextOf(secret: string): string {
  return digestOf(secret).toString('base64url');
}

/** Is it the secret that this is the digest of? In a time that tells nothing. */
export function isSecretOf(digest: string, secret: string): boolean {
  const [one, other] = [Buffer.from(digest), Buffer.from(digestTextOf(secret))];
  return one.length === other.length && timingSafeEqual(one, other);
}

/**
 * By what others know somebody: always the same for him, and nothing that he could be asked by.
 *
 * @param kind Who is of another kind has another id.
 */
export function publicId(kind: string, secret: string): string {
  return uuidOf(digestOf(`${kind}\0${secret}`));
}
