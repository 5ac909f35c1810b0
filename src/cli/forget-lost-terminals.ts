import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';

const STDIO = [0, 1, 2];

/**
 * Remembers which terminals a process was started with.
 *
 * @returns Closes those that have hung up since. To be called at the end: older versions of Node set every terminal back to how they found it, and
 * abort where that fails.
 */
export function forgetLostTerminals(): () => void {
  const terminals = STDIO.filter((fd) => isatty(fd));
  return () => {
    for (const fd of terminals) {
      if (isatty(fd)) continue;
      try {
        closeSync(fd);
      } catch {
        // Somebody else has closed it.
      }
    }
  };
}
