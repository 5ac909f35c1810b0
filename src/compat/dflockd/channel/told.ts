/** What a lease counts as that a server does not tell, or tells with what is no number. Seconds. */
const UNTOLD = 30;
/** The shortest lease that the protocol has. Seconds. */
const SHORTEST = 1;
const GRANT = /^(ok|acquired) ([\x21-\x7e]{1,200})(?: (\S*).*)?$/;
// What is no number is one word: two of them are a grant, and so the answer to something else.
const RENEWAL = /^ok(?: (\d+)(?:\D.*)?| \S*)?$/;
const DIGITS = /^\d+/;

/** What an answer says of a lock that it grants. */
export interface Told {
  /** A secret. */
  readonly token: string;
  /** What the program is told. Seconds; 0 if the server says so. */
  readonly lease: number;
  /** What is believed: what the server said, or granted when the request named it. Else the shortest that there is. Seconds. */
  readonly sure: number;
  /** What a renewal asks for. Seconds. */
  readonly renewal: number;
}

/** What an answer says of a renewal. */
export interface ToldRenewal {
  /** Seconds; 0 confirms nothing. */
  readonly seconds: number;
  /** Does the answer say so itself? */
  readonly isTold: boolean;
}

/**
 * Reads a grant.
 *
 * @param status What such an answer begins with.
 * @param asked The lease that the request named, if it did. Seconds.
 * @returns `undefined` for anything else.
 */
export function readGrant(line: string, status: 'ok' | 'acquired', asked: number | undefined): Told | undefined {
  const [, said, token, word] = GRANT.exec(line) ?? [];
  if (token === undefined || said !== status) return undefined;
  const told = secondsOf(word);
  if (told === undefined) {
    const lease = Math.min(asked ?? UNTOLD, UNTOLD);
    return { token, lease, sure: asked === undefined ? SHORTEST : lease, renewal: asked ?? UNTOLD };
  }
  // Nobody believes in more than was asked for.
  const sure = Math.max(Math.min(told, asked ?? told), SHORTEST);
  return { token, lease: told, sure, renewal: asked ?? (told === 0 ? UNTOLD : told) };
}

/** The token of a grant, whatever it answers; `undefined` for what is none. */
export function tokenOf(line: string): string | undefined {
  return GRANT.exec(line)?.[2];
}

/**
 * Reads the answer to a renewal. A plain yes confirms what was asked for.
 *
 * @param asked The lease that the request named, if it did. Seconds.
 * @returns `undefined` for anything else.
 */
export function readRenewal(line: string, asked: number | undefined): ToldRenewal | undefined {
  const match = RENEWAL.exec(line);
  if (match === null) return undefined;
  const told = secondsOf(match[1]);
  if (told !== undefined) return { seconds: told, isTold: true };
  const seconds = line === 'ok' ? (asked ?? UNTOLD) : Math.min(asked ?? UNTOLD, UNTOLD);
  return { seconds, isTold: false };
}

/** A fraction is cut off; `undefined` for what does not begin with a number, or is too large to be one. */
function secondsOf(word: string | undefined): number | undefined {
  const seconds = Number(DIGITS.exec(word ?? '')?.[0]);
  return Number.isSafeInteger(seconds) ? seconds : undefined;
}
