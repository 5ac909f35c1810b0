import { createHash } from 'node:crypto';

/**
 * What is kept of a secret in its place, SHA-256: who reads that cannot say it.
 *
 * @param encoding Of the secret's bytes.
 */
export function digestOf(secret: string, encoding: 'utf8' | 'latin1' = 'utf8'): Buffer {
  return createHash('sha256').update(secret, encoding).digest();
}
