import type { LockView } from '../desk/lock-view.js';

/** What has become of a lock. */
export interface LockChange {
  readonly event: 'acquired' | 'renewed' | 'released' | 'expired';
  /** Who has it, if anybody. */
  readonly view: LockView | undefined;
}

/**
 * What has happened between two looks at a lock.
 *
 * @param now When the second was.
 */
export function lockChanges(before: LockView, after: LockView, now: number): LockChange[] {
  const isSame = before.isHeld === after.isHeld && before.fencingToken === after.fencingToken;
  if (before.isHeld && after.isHeld && isSame) {
    return before.due === after.due ? [] : [{ event: 'renewed', view: after }];
  }
  const changes: LockChange[] = [];
  if (before.isHeld) {
    const hasExpired = before.due !== undefined && before.due <= now;
    changes.push({ event: hasExpired ? 'expired' : 'released', view: undefined });
  }
  if (after.isHeld) changes.push({ event: 'acquired', view: after });
  return changes;
}
