const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1|::ffff:127(?:\.\d{1,3}){3})$/i;

/** Can nobody reach it but who is on this machine? @param host A name or an address. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}
