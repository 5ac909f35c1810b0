import type { Invariant } from './ledger.js';

/** What is known not to hold yet, and why. */
export const NOT_YET: Partial<Record<Invariant, string>> = {
  'a stream tells in order': 'what a listener to events$ brings about is told before acquired',
  'a stream below tapLock tells in order': 'all$: what a handler brings about is told before what it was called for',
  'a shared stream tells in order': 'what a handler brings about is told before what it was called for',
  'several locks as one tell in order': 'an until that fires while released is told tells it twice',
  'events$ tells in order': 'the answer to a release that is hastened is told before released',
  'who is stopped is granted nothing more':
    'operators with onLost reacquire forget an until that fires in the turn of a loss',
  'who is stopped has ended': 'operators with onLost reacquire forget an until that fires in the turn of a loss',
  'no error is thrown that no handler threw': 'a loss before the first run is waited out in real time',
};
