/** `leaver.ts URL WHAT`: takes a lock and gives it back, or waits and leaves, and closes nothing. It ends by itself. */
import { syncBuiltinESMExports } from 'node:module';
import { argv } from 'node:process';
import timers from 'node:timers';
import { socket } from '../../../../src/backends/socket/index.js';
import { createLocks } from '../../../../src/locks/create-locks.js';

const [url = '', what = ''] = argv.slice(2);
// A connection that nobody needs is closed after 15 s, and the process would end then. Here that never comes: it ends at once, or not at all.
const { setTimeout } = timers;
const early = (run: () => void, delay = 0): NodeJS.Timeout => setTimeout(run, delay < 10_000 ? delay : 2 ** 31 - 1);
timers.setTimeout = Object.assign(early, setTimeout);
syncBuiltinESMExports();
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
