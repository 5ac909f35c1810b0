import { argv } from 'node:process';
import { octostore } from '../../../../../src/backends/octostore/index.js';
import { createLocks } from '../../../../../src/locks/create-locks.js';

// Takes a lock, gives it back to a server that has fallen silent, and closes nothing: it is over by itself.
const locks = createLocks(octostore({ baseUrl: argv[2], token: 'token', timeout: '300ms' }));
const lease = await locks.acquire('a', '2s');
await lease.release();
console.log('released');
