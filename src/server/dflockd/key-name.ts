import { isUtf8 } from 'node:buffer';

/** Begins no name that is text: a lone surrogate. */
const RAW = '\udc80';
const ASCII_ONLY = /^[\0-\x7f]*$/;

/**
 * The lock table's name of a key, of which each character is one byte. Text is text, as for every other protocol; bytes
 * that are no text get a name that is nobody else's.
 */
export function nameOf(key: string): string {
  if (ASCII_ONLY.test(key)) return key;
  const bytes = Buffer.from(key, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : RAW + key;
}

/** The name as it is shown to people. */
export function showName(name: string): string {
  return name.startsWith(RAW) ? Buffer.from(name.slice(RAW.length), 'latin1').toString('utf8') : name;
}
