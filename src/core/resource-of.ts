import { kindOf } from '../values/kind-of.js';

/** What a lock is a lock of: semaphores and locks have separate names. */
export function resourceOf(name: string, limit: number | undefined): string {
  return `${kindOf(limit)} ${name}`;
}
