import type { Leadership, LockStatus } from '../contract/status.js';
import type { LockEvent } from '../contract/lease.js';

/** Somebody else leads, or nobody: it is not known who. */
export const FOLLOWING: Leadership = { leading: false };

/** What an event of the leader's lock means for whoever takes part. */
export function asLeadership(event: LockEvent): Leadership {
  const { type } = event;
  const leads = type === 'acquired' || type === 'renewed' || type === 'uncertain';
  return leads ? { leading: true, lease: event.lease } : FOLLOWING;
}

/** Who leads instead, as a status tells it. Good for JSON, in which the term is a decimal string. */
export function asFollower({ status, holder, metadata, fencingToken: term }: LockStatus): Leadership {
  if (status === 'free') return FOLLOWING;
  const others = {
    ...(holder === undefined ? {} : { holder }),
    ...(metadata === undefined ? {} : { metadata }),
  };
  if (term === undefined) return { leading: false, leader: others };
  const leader = { ...others, term };
  // Not enumerable: it is no part of what is told.
  Object.defineProperty(leader, 'toJSON', { value: () => ({ ...others, term: term.toString() }) });
  return { leading: false, leader };
}

/** Is there nothing new in it? */
export function isSame(a: Leadership, b: Leadership): boolean {
  if (a.leading || b.leading) return a.leading && b.leading && a.lease === b.lease;
  const [x, y] = [a.leader, b.leader];
  return x === y || (x?.holder === y?.holder && x?.metadata === y?.metadata && x?.term === y?.term);
}
