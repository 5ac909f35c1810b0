const FULL = /no space left|quota exceeded|file too large|not enough space|ENOSPC|EDQUOT|EFBIG/i;

/** Why a server grants nothing new, as its clients are told: no path is in it. The cause is for its log. */
export function writeTrouble(cause: unknown): Error {
  const message = isFull(cause)
    ? 'the disk of the lock server is full: it grants nothing new until there is space again'
    : 'the lock server cannot write to its disk: it grants nothing new until it can again';
  return new Error(message, { cause });
}

export function isFull(error: unknown): boolean {
  return FULL.test(textsOf(error).join(' '));
}

/** What an error says, and what brought it about. */
export function textsOf(error: unknown): string[] {
  const texts: string[] = [];
  for (let one = error; one instanceof Error && texts.length < 8; one = one.cause) texts.push(one.message);
  return texts;
}
