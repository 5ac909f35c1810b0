/** Milliseconds. */
const LINGER = 1000;

/**
 * Cuts an answer off that nobody waits for any more, but not at once: cut short, it would take its connection along, and
 * most are about to come.
 *
 * @param cut Does nothing once the answer has come.
 */
export function linger(cut: () => void): void {
  // eslint-disable-next-line no-restricted-globals -- a connection lives in real time, and no process stays for this
  const timer: unknown = setTimeout(cut, LINGER);
  // A browser's timer is a number.
  (timer as { unref?: () => void }).unref?.();
}
