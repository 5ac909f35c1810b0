/** Tells the user of something once it is done wrong: as a warning of the process, or on the console where there is none. */
export function warn(text: string, code: string): void {
  if (typeof process === 'undefined' || typeof process.emitWarning !== 'function') console.warn(`rxlock: ${text}`);
  else process.emitWarning(text, 'RxLockWarning', code);
}
