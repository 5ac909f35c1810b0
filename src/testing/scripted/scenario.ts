import type { Duration } from '../../contract/time.js';
import type { Features, LockBackend, TtlRange } from '../../contract/backend.js';
import type { Script, ScriptsByName } from './script.js';

/** What a scripted backend can do unless it is told otherwise. `push` is true if there is a `watch` script. */
export interface ScriptedFeatures {
  readonly fencing: true;
  readonly fifo: true;
  readonly push: boolean;
  readonly semaphore: true;
  readonly permits: true;
  readonly shared: true;
  readonly metadata: true;
  readonly minHold: true;
}

/** The features with those that a test overrides. */
export type Overridden<F extends Partial<Features>> = {
  readonly [K in keyof Features]: F[K] extends boolean ? F[K] : ScriptedFeatures[K];
};

/** When a scripted backend says what. See {@link SCRIPT_SYMBOLS} for the letters. */
export interface Scenario<F extends Partial<Features> = Partial<Features>> {
  /** One script for each attempt. `'g'` by default: granted within the call. */
  readonly acquire?: Script | ScriptsByName;
  /** One script for each batch of renewals. `'r'` by default. */
  readonly renew?: Script | ScriptsByName;
  /** One script for each batch of releases. `'d'` by default. */
  readonly release?: Script | ScriptsByName;
  /** One script for each question. By default the truth: held if a grant of that name is held here. */
  readonly status?: Script | ScriptsByName;
  /** One script for each watch, which goes on until `|`. Without it, the backend cannot be watched. */
  readonly watch?: Script | ScriptsByName;
  /** What befalls all grants that are held at that moment. Counted from when the backend is first opened. */
  readonly revoked?: string;
  /** Who the others are. `'somebody else'` by default. */
  readonly holder?: string;
  /** What `w` asks for, and what an error tells. Milliseconds or a string with its unit. `'1s'` by default. */
  readonly retryAfter?: Duration;
  /** What `#` stands for. */
  readonly error?: unknown;
  /** The token of the first grant; each one after it is one more. `1n` by default. */
  readonly firstToken?: bigint;
  readonly features?: F;
  /** 1 s to 1 h in steps of 1 ms by default. */
  readonly ttl?: TtlRange;
}

/** A call that a scripted backend has seen. */
export interface ScriptedCall {
  /** `leave`: unsubscribed from an attempt before its end. `stray`: a grant that came after that. */
  readonly type: 'acquire' | 'leave' | 'stray' | 'renew' | 'release' | 'status' | 'watch' | 'close';
  /** Milliseconds since the backend was first opened. */
  readonly at: number;
  /** Absent for `close`. */
  readonly name?: string;
  /** Present if the call was about several grants: how many. Each of them has its own entry. */
  readonly of?: number;
  /** Of `release`, if the lock has to stay taken for a while. Milliseconds. */
  readonly keepFor?: number;
}

/** A lock service that does what its script says, and remembers what it was asked. */
export interface ScriptedBackend<F extends Features = Features> extends LockBackend<F> {
  /** Everything so far. */
  readonly calls: readonly ScriptedCall[];
  /**
   * The calls of one type, so far.
   *
   * @example
   * ```ts
   * import { createLocks } from 'rxlock';
   * import { scripted } from 'rxlock/testing';
   *
   * const backend = scripted({ acquire: 'g' });
   * const locks = createLocks(backend);
   * await locks.using('report', '30s', () => 'done');
   * console.log(backend.callsOf('release')); // [ { type: 'release', at: …, name: 'report' } ]
   * await locks.close();
   * ```
   */
  callsOf(type: ScriptedCall['type']): readonly ScriptedCall[];
}
