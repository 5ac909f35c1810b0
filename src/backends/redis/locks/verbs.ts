import type { Script } from '../wire/script.js';
import { inTurn, together } from './arguments.js';
import { acquire } from './scripts/acquire.js';
import { ADOPT } from './scripts/adopt.js';
import { CHECK } from './scripts/check.js';
import { enter } from './scripts/enter.js';
import { LET_GO } from './scripts/let-go.js';
import { LONG_LIFE } from './scripts/long-life.js';
import { LOOK } from './scripts/look.js';
import { reading } from './scripts/reading.js';
import { RELEASE } from './scripts/release.js';
import { RENEW } from './scripts/renew.js';
import { RENEW_SHARED } from './scripts/renew-shared.js';
import { REVOKE } from './scripts/revoke.js';
import { COLD } from './scripts/time.js';

/** For how long the last fencing token of a name is remembered. Milliseconds. */
const IDLE = 3_600_000;
/** How long somebody may wait without a word before he is taken for dead. Milliseconds. */
export const LIFE = 4000;
/** How often who waits says that he is alive. Milliseconds. */
export const PERIOD = 1000;
/** Who says so, says it at a multiple of this. Milliseconds. */
export const STEP = 250;
/** For how long a lock is reserved for who is next, at least and at most: who is far away needs longer to come. Milliseconds. */
export const RESERVATION = 400;
export const LONG_RESERVATION = 2000;

/** A script, and the arguments that all its calls have. */
export interface Verb {
  readonly script: Script;
  readonly common: readonly string[];
  /** Makes the arguments of those that are asked in one call. */
  readonly pack: typeof inTurn;
  /** What is done although its time is over. */
  readonly isNeverLate: boolean;
  /** Does it grant something? */
  readonly isGranting: boolean;
  /** So many names at most are in one call: a server does nothing else meanwhile. */
  readonly most: number;
}

/** In a call of many. */
const MOST = 128;
/** In a call whose answers somebody waits for: he goes on with the first of them while the server does the next. */
const FEW = 32;

/** All that can be asked of Redis, in the order in which what is asked in one turn is sent. */
export interface Verbs {
  readonly letGo: Verb;
  readonly release: Verb;
  readonly renew: Verb;
  readonly renewShared: Verb;
  readonly revoke: Verb;
  readonly adopt: Verb;
  readonly acquire: Verb;
  readonly enter: Verb;
  /** As `enter`, by who cannot know whether those who wait were able to say a word: nobody is taken for dead for a short silence. */
  readonly enterGently: Verb;
  readonly look: Verb;
  readonly check: Verb;
}

/**
 * @param channel What the names of clients' channels begin with.
 * @param lockDelay Milliseconds.
 * @param waitsWhenCold Is nothing granted by a server that has lost its data?
 * @param isTracking Does the server tell of main keys that somebody else changes?
 */
export function makeVerbs(channel: string, lockDelay: number, waitsWhenCold: boolean, isTracking = false): Verbs {
  const tracked = isTracking ? reading : (one: Script): Script => one;
  const before = waitsWhenCold ? [COLD] : [];
  const queueOf = (life: number): readonly string[] => [String(IDLE), String(life), String(RESERVATION), channel];
  // Who gives back does not know whether the others could ask meanwhile.
  const [queue, gently] = [queueOf(LIFE), queueOf(LONG_LIFE)];
  const entering = tracked(enter(...before), 6);
  const delay = String(lockDelay);
  return {
    letGo: verb(LET_GO, [], { pack: together, isNeverLate: true, most: FEW }),
    release: verb(RELEASE, gently, { isNeverLate: true }),
    renew: verb(tracked(RENEW, 1), [delay], { pack: together }),
    renewShared: verb(RENEW_SHARED, [...queue, delay]),
    revoke: verb(REVOKE, gently),
    adopt: verb(tracked(ADOPT, 6), queue),
    acquire: verb(tracked(acquire(...before), 2), [String(IDLE)], { pack: together, isGranting: true, most: FEW }),
    enter: verb(entering, queue, { isGranting: true }),
    enterGently: verb(entering, gently, { isGranting: true }),
    look: verb(LOOK, queue),
    check: verb(CHECK, queue),
  };
}

/** @param kind What is special about it. */
export function verb(script: Script, common: readonly string[], kind: Partial<Verb> = {}): Verb {
  return { script, common, pack: inTurn, isNeverLate: false, isGranting: false, most: MOST, ...kind };
}
