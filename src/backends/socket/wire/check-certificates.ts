import { X509Certificate } from 'node:crypto';
import { invalid } from '../../../values/invalid.js';

const BEGIN = '-----BEGIN ';

/**
 * Looks at certificates that are to be trusted: what is none, TLS leaves out without a word, and then trusts nobody.
 *
 * @param texts Each with one or more, in PEM.
 * @throws LockValidationError naming `ca`.
 */
export function checkCertificates(texts: readonly string[]): void {
  // What stands before the first is for people.
  const all = texts.map((text) => text.split(BEGIN).slice(1));
  if (all.length > 0 && all.every((some) => some.length > 0 && some.every(isCertificate))) return;
  // What is in it is not repeated: it may be a key.
  throw invalid('ca', 'has something that is no certificate in PEM, or nothing');
}

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(BEGIN + pem);
    return true;
  } catch {
    return false;
  }
}
