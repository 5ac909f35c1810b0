/** What is used of the page or worker that this is, if it is one. */
interface Place {
  readonly protocol?: string;
  readonly origin?: string;
}

/** A browser takes a connection to the machine that it runs on as a safe one. */
const OWN_MACHINE = /^ws:\/\/(localhost|127\.0\.0\.1|\[::1\])([:/]|$)/;

/** What may help when a connection did not open: a browser hides why from the page, so that no page can look around in a network. */
export function browserHint(url: string): string {
  const { protocol, origin } = (globalThis as { readonly location?: Place }).location ?? {};
  const isSecured = url.startsWith('wss:');
  if (protocol === 'https:' && !isSecured && !OWN_MACHINE.test(url)) {
    return 'a page that came by https: may connect to wss: only; give the server a certificate, and the option url wss://';
  }
  const reasons = ['it is down'];
  // A worker or a page of a file has none that a server could name.
  if (origin !== undefined && origin !== 'null') {
    reasons.push(`does not allow this page (rxlock serve --origin ${origin})`);
  }
  if (isSecured) reasons.push('has a certificate that is not trusted here');
  return reasons.length === 1 ? 'is it up?' : `${reasons.join(', or ')}; a browser does not say which`;
}
