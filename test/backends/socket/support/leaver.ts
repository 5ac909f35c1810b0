/** `leaver.ts URL WHAT`: takes a lock and gives it back, or waits and leaves, and closes nothing. It ends by itself. */
import { argv } from 'node:process';
import { socket } from '../../../../src/backends/socket/index.js';
import { createLocks } from '../../../../src/locks/create-locks.js';

const [url = '', what = ''] = argv.slice(2);
const locks = createLocks(socket({ url }));
if (what === 'nobody') await locks.acquire('a', '30s', { wait: '300ms' }).catch(() => undefined);
else await locks.using('a', '30s', () => Promise.resolve());
if (what === 'watcher') locks.watch$('a').subscribe().unsubscribe();
if (what === 'waiter') {
  const waiting = locks.lock$('taken', '30s').subscribe(({ type }) => {
    if (type === 'waiting') waiting.unsubscribe();
  });
}
console.log('done');
