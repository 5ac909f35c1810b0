// Does something with a lock, and has nothing else to do after that. Arguments: URL, name, what.
import { argv } from 'node:process';
import { redis } from '../../../../../src/backends/redis/index.js';
import { createLocks } from '../../../../../src/locks/create-locks.js';

const [url, name, what] = argv.slice(2) as [string, string, string];
const locks = createLocks(redis(url));
if (what === 'waited') await locks.acquire(name, '10s', { wait: '300ms' }).catch(() => undefined);
else {
  const lease = await locks.acquire(name, '10s');
  if (what !== 'held') await lease.release();
  else {
    // Who holds a lock keeps it: until then the process stays.
    setTimeout(() => void lease.release(), 200);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  if (what === 'closed') await locks.close();
}
console.log('done');
