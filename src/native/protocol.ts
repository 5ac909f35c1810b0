/** The version of the protocol that this package speaks. */
export const VERSIONS: readonly number[] = [1];

/** The subprotocol of the WebSocket. */
export const SUBPROTOCOL = 'rxlock';

/** Begins a second subprotocol, which is the token, percent-encoded. */
const TOKEN = 'rxlock.token.';

/** The highest version that both sides speak; `undefined` if there is none. */
export function agreeOn(theirs: readonly number[], ours: readonly number[] = VERSIONS): number | undefined {
  const common = theirs.filter((version) => ours.includes(version));
  return common.length === 0 ? undefined : Math.max(...common);
}

/** A token as a subprotocol, of which each character is allowed in a header. */
export function tokenProtocol(token: string): string {
  return TOKEN + encodeURIComponent(token).replace(/[()]/g, (one) => (one === '(' ? '%28' : '%29'));
}

/** The token in one of the subprotocols that a client offers; `undefined` if there is none, or it is no text. */
export function tokenOf(protocols: Iterable<string>): string | undefined {
  for (const one of protocols) {
    if (!one.startsWith(TOKEN)) continue;
    try {
      return decodeURIComponent(one.slice(TOKEN.length));
    } catch {
      return undefined;
    }
  }
  return undefined;
}
