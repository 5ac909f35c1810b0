import { invalid } from '../values/invalid.js';

/** A token, and the name of who has it. */
export interface NamedToken {
  readonly name: string;
  readonly token: string;
}

/** It is shown in logs, and is the first part of a line. */
const NAME = /^[^\s:,\p{C}]{1,64}$/u;
/** What any protocol can carry: a line, a header of HTTP. */
const TOKEN = /^[\x21-\x7e]{1,255}$/;

/**
 * Reads lines `user:token`. Empty lines, and those that begin with `#`, count for nothing; one name may have several tokens.
 *
 * @param option What an error is about: the name of an option, or of a file. A line is named by its number and never shown.
 * @throws LockValidationError for a line that is none, a token that is there twice, and a text without any.
 */
export function readTokens(text: string, option: string): readonly NamedToken[] {
  const found = new Map<string, { readonly name: string; readonly line: number }>();
  // A file may begin with a mark of its byte order.
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const at = line.indexOf(':');
    const [name, token] = [line.slice(0, Math.max(0, at)).trim(), line.slice(at + 1).trim()];
    const bad = (why: string): Error => invalid(option, `line ${String(index + 1)} ${why}`);
    if (at < 0) throw bad("has no ':': write user:token");
    if (!NAME.test(name)) throw bad("has no good name before the ':': 1 to 64 characters, no white space, no comma");
    if (!TOKEN.test(token)) throw bad("has no good token after the ':': 1 to 255 visible ASCII characters, no space");
    const twin = found.get(token);
    if (twin !== undefined) throw bad(`has the token of line ${String(twin.line)}`);
    found.set(token, { name, line: index + 1 });
  }
  if (found.size === 0) throw invalid(option, 'has no token: write a line user:token for each user');
  return [...found].map(([token, { name }]) => ({ name, token }));
}
