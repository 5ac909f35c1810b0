import type { Invariant } from './ledger.js';

/** What is known not to hold yet, and why. */
export const NOT_YET: Partial<Record<Invariant, string>> = {
  'a stream tells in order': 'an until that fires in the turn of a loss is heard too late',
  'a stream below tapLock tells in order': 'what a handler brings about is told before what it was called for',
  'a shared stream tells in order': 'what a handler brings about is told before what it was called for',
  'several locks as one tell in order': 'an until that fires while released is told tells it twice',
  'an election tells in order': 'what a handler brings about is told before what it was called for',
  'events$ tells in order': 'what a listener brings about is told to others before what it was called for',
  'who is stopped is granted nothing more': 'an until that fires in the turn of a loss is forgotten; leader$ goes on',
  'who is stopped has ended': 'leader$ with until goes on, and closes late in its pause',
  'a grant has an owner': 'the second answer of an attempt is not looked at',
  'no error is thrown that no handler threw': 'a loss before the first run is waited out in real time',
};
