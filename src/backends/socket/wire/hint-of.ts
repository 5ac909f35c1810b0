import { tlsFault } from '../../../values/tls-fault.js';

/** By what is wrong with TLS. */
const HINTS = {
  untrusted: 'its certificate is not trusted; the option ca says what is',
  none: 'it seems to have no TLS; then the option url begins with ws://',
} as const;

/** What may help when a connection did not open, if that is clear from why. */
export function hintOf(error: NodeJS.ErrnoException, url: string): string | undefined {
  if (!url.startsWith('wss:')) {
    // A server with TLS drops who does not speak it; but it may have had other reasons.
    return error.code === 'ECONNRESET' ? 'if it has TLS, the option url begins with wss://' : undefined;
  }
  const fault = tlsFault(error);
  return fault === undefined ? undefined : HINTS[fault];
}
