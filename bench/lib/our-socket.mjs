import { createLocks } from 'rxlock';
import { socket } from 'rxlock/socket';
import { inTheirWords } from './in-their-words.mjs';
import { url } from './services.mjs';

const open = (address, fencing) => inTheirWords(createLocks(socket({ url: `ws://${address}`, fencing })));

/** rxlock on its own server beside the others: one that keeps nothing, and one that stores each grant before it tells it. */
export const OURS = {
  '': () => open(url.rxlock, false),
  ', stored': () => open(url.rxlockStored),
};
