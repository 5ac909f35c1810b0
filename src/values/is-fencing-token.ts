/** What 64 bits hold. */
const MAX = '18446744073709551615';

/**
 * Are these digits a fencing token, of 64 bits at most? To be asked before they are made a `bigint`: a million of them
 * would take as long as many locks do.
 */
export function isFencingToken(digits: string): boolean {
  return /^\d{1,20}$/.test(digits) && (digits.length < MAX.length || digits <= MAX);
}
