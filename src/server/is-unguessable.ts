/** As many as 128 bits have in hexadecimal digits. */
const LONG = 32;
/** Of chance, so few different ones do not come in a lifetime. */
const VARIED = 8;

/** Is a token, if it is right, one that nobody finds by trying, however fast? Made by chance, as with `openssl rand -hex 32`, it is. */
export function isUnguessable(token: string): boolean {
  return token.length >= LONG && new Set(token).size >= VARIED;
}
