import { isUtf8 } from 'node:buffer';
import { copyOf } from '../wire/frame-reader.js';

/** Begins no name that is text: a lone surrogate. */
const RAW = '\udc80';
const ASCII_ONLY = /^[\0-\x7f]*$/;

/**
 * The lock table's name of a key, of which each character is one byte. Text is text, as for every other protocol; bytes
 * that are no text get a name that is nobody else's. It may keep the text alive that the key was cut from.
 */
export function nameOf(key: string): string {
  if (ASCII_ONLY.test(key)) return key;
  const bytes = Buffer.from(key, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : RAW + key;
}

/** The same name, to be kept: it keeps nothing else alive. */
export function keptName(name: string): string {
  if (ASCII_ONLY.test(name)) return copyOf(name);
  // What was decoded from bytes was cut from nothing.
  return name.startsWith(RAW) ? RAW + copyOf(name.slice(RAW.length)) : name;
}

/** The name as it is shown to people. */
export function showName(name: string): string {
  return name.startsWith(RAW) ? Buffer.from(name.slice(RAW.length), 'latin1').toString('utf8') : name;
}
