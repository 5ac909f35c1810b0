/** What a handler does when it is called. `self` is the subscriber whose handler it is. */
export type Act =
  | { readonly do: 'leave'; readonly who: Who }
  | { readonly do: 'release'; readonly who: Who }
  | { readonly do: 'ask'; readonly who: Who; readonly what: 'isHeld' | 'remaining' | 'signal' | 'ended$' }
  | { readonly do: 'subscribe'; readonly who: Who }
  | { readonly do: 'throw' }
  | { readonly do: 'stop'; readonly until: number }
  | { readonly do: 'abort'; readonly signal: number }
  | { readonly do: 'block'; readonly ms: number }
  | { readonly do: 'revoke'; readonly name: string }
  | { readonly do: 'close'; readonly locks: number; readonly drain: number };

/** A subscriber by its number, or the one whose handler it is. */
export type Who = number | 'self';

/** When a handler acts: at an event, at an end, at a value of the work, when the work begins or is stopped. */
export type Moment =
  | 'detached'
  | 'waiting'
  | 'acquired'
  | 'renewed'
  | 'uncertain'
  | 'lost'
  | 'released'
  | 'leading'
  | 'following'
  | 'complete'
  | 'error'
  | 'value'
  | 'work'
  | 'halt';

/** Acts at the `nth` moment of this kind, counted from 0; in a `tapLock` above all operators, or below them. */
export interface Reaction {
  readonly at: Moment;
  readonly nth: number;
  readonly above: boolean;
  readonly act: Act;
}

/** A listener to `events$` that acts. */
export interface Listener {
  readonly locks: number;
  readonly at: string;
  readonly nth: number;
  readonly act: Act;
}

/** Options of a lock. `until` and `signal` are numbers of subjects and controllers. */
export interface Wishes {
  readonly mode?: 'shared';
  /** Of a semaphore. */
  readonly permits?: number;
  readonly wait?: boolean | number;
  readonly onLost?: 'complete' | 'error' | 'reacquire';
  readonly renew?: boolean;
  readonly minHold?: number;
  readonly maxHold?: number;
  readonly until?: number;
  readonly signal?: number;
}

/** A stream that subscribers subscribe to; the same object for all of them. */
export interface Source {
  readonly id: number;
  readonly kind: 'lock' | 'semaphore' | 'all' | 'leader';
  readonly locks: number;
  readonly names: readonly string[];
  readonly ttl: number;
  readonly wishes: Wishes;
  readonly shared: boolean;
}

/** What runs under a lock, and how long. */
export interface Work {
  readonly kind: 'never' | 'sync' | 'values' | 'throws' | 'fails' | 'gives back' | 'promise' | 'obedient' | 'stuck';
  readonly onLost?: 'complete' | 'error' | 'reacquire';
  readonly drain?: 'sync' | 'slow' | 'throws' | 'never';
  readonly drainTimeout?: number;
}

/** Who subscribes to a source, through which operator. */
export interface Actor {
  readonly id: number;
  readonly source: number;
  readonly via: 'none' | 'usingLock' | 'withLock' | 'tryWithLock' | 'lockMap' | 'whileLeader';
  readonly work: Work;
  readonly reactions: readonly Reaction[];
}

/** What happens from outside: the acts of a handler that is nobody's, and time. */
export type Step = { readonly do: 'pass'; readonly ms: number } | Act;

/** How a scripted service answers its calls, one after the other, then from the first again. */
export interface Answers {
  readonly fifo: boolean;
  readonly push: boolean;
  readonly minHold: boolean;
  readonly acquire: readonly AcquireAnswer[];
  readonly renew: readonly RenewAnswer[];
  readonly release: readonly ReleaseAnswer[];
}

export type AcquireAnswer =
  | 'now'
  | 'late'
  | 'too late'
  | 'never'
  | 'impossible'
  | 'twice'
  | 'held, then granted'
  | 'confirm'
  | 'fails'
  | 'throws'
  | 'empty';
export type RenewAnswer =
  'now' | 'impossible' | 'late' | 'too late' | 'never' | 'fails' | 'throws' | 'empty' | 'refused';
export type ReleaseAnswer = 'now' | 'late' | 'never' | 'fails' | 'throws' | 'empty' | 'answered, never completed';

/** A whole program: plain data, so that a smaller one is made by leaving something out. */
export interface Program {
  readonly seed: number;
  /** Absent: `memory()`. */
  readonly service?: Answers;
  readonly locks: number;
  readonly sources: readonly Source[];
  readonly actors: readonly Actor[];
  readonly listeners: readonly Listener[];
  readonly steps: readonly Step[];
}
