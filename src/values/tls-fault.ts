/** Nobody whom this process trusts has signed the certificate. */
const UNTRUSTED = /SELF_SIGNED_CERT|UNABLE_TO_GET_ISSUER_CERT|UNABLE_TO_VERIFY_LEAF_SIGNATURE/;
/** What was read as TLS is something else: some versions of Node say so in the message only. */
const NO_TLS = /wrong.version.number|packet.length.too.long/i;

/**
 * What is wrong with TLS where a connection did not open, if that is clear from why: the server has a certificate that is not
 * trusted, or no TLS at all.
 */
export function tlsFault(error: {
  readonly code?: unknown;
  readonly message: string;
}): 'untrusted' | 'none' | undefined {
  const code = typeof error.code === 'string' ? error.code : '';
  if (UNTRUSTED.test(code)) return 'untrusted';
  return NO_TLS.test(`${code} ${error.message}`) ? 'none' : undefined;
}
