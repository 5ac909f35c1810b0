import { createSecureContext } from 'node:tls';
import type { ServerTls } from './listener.js';

/** @throws What OpenSSL says of a certificate, or of a key that is not its own: now, and not to the first client. */
export function checkCertificate(tls: ServerTls): void {
  createSecureContext({ cert: tls.cert, key: tls.key });
}
