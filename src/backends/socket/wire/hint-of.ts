/** Nobody whom this process trusts has signed the certificate. */
const UNTRUSTED = /SELF_SIGNED_CERT|UNABLE_TO_GET_ISSUER_CERT|UNABLE_TO_VERIFY_LEAF_SIGNATURE/;
/** What was read as TLS is something else: some versions of Node say so in the message only. */
const NO_TLS = /wrong.version.number|packet.length.too.long/i;

/** What may help when a connection did not open, if that is clear from why. */
export function hintOf({ code = '', message }: NodeJS.ErrnoException, url: string): string | undefined {
  if (!url.startsWith('wss:')) {
    // A server with TLS drops who does not speak it; but it may have had other reasons.
    return code === 'ECONNRESET' ? 'if it has TLS, the option url begins with wss://' : undefined;
  }
  if (UNTRUSTED.test(code)) return 'its certificate is not trusted; the option ca says what is';
  if (NO_TLS.test(`${code} ${message}`)) return 'it seems to have no TLS; then the option url begins with ws://';
  return undefined;
}
