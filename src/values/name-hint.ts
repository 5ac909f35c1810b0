/** Of what is not taken, in UTF-16 units: what is longer is no name that was mistyped. */
const MAX_READ = 256;
/** A longer one is no help in a message. */
const MAX_SHOWN = 80;

/**
 * What the message about a name that is not taken ends with: one like it that is, if there is one.
 *
 * @param likeOf Makes a name like it.
 * @param isTaken Is a name taken?
 * @returns `"; try 'a-b'"`, or nothing.
 */
export function nameHint(name: unknown, likeOf: (name: string) => string, isTaken: (name: string) => boolean): string {
  if (typeof name !== 'string' || name.length > MAX_READ) return '';
  const like = likeOf(name);
  return like.length <= MAX_SHOWN && isTaken(like) ? `; try '${like}'` : '';
}
