// Waits in a queue, leaves it, and has nothing else to do. Arguments: port, name.
import { argv } from 'node:process';
import { dflockd } from '../../../../src/backends/dflockd/index.js';
import { createLocks } from '../../../../src/locks/create-locks.js';

const locks = createLocks(dflockd({ port: Number(argv[2]) }));
const waiting = locks.lock$(argv[3]!, '30s').subscribe(({ type }) => {
  if (type !== 'waiting') throw new Error(type);
  setTimeout(() => {
    waiting.unsubscribe();
  }, 50);
});
