import { asyncScheduler } from 'rxjs';

/** A wall clock may be stepped between two looks. */
const LOOKS = 3;

/**
 * Tells whether RxJS's own time is a virtual one now: within `TestScheduler.run`, which replaces it. It stands still
 * there, and is not what `Date` says. A test runner's fake timers replace both, so they are not meant.
 */
export function isVirtualNow(): boolean {
  try {
    return isReplaced();
  } catch {
    // A wall clock that nobody can read: RxJS's own would be the same one.
    return false;
  }
}

function isReplaced(): boolean {
  const told = asyncScheduler.now();
  for (let look = 0; look < LOOKS; look++) {
    const before = Date.now();
    const now = asyncScheduler.now();
    const after = Date.now();
    if (now !== told || (before <= now && now <= after)) return false;
  }
  return true;
}
