// SIGTERM: whoever waits for a lock is turned away, work under a lock may finish, and then the locks are given back, so
// that the next instance does not have to wait for them to run out.
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { createLocks, LockClosedError, memory, type Locks } from 'rxlock';
import { locksFromUrl } from 'rxlock/auto';

const url = process.env['RXLOCK_URL'];
const embedded = memory();
const connect = async (holder: string): Promise<Locks> =>
  url === undefined ? createLocks(embedded, { holder }) : locksFromUrl(url, { holder });

const [old, next] = [await connect('old'), await connect('next')];
let done = false;
let turnedAway = false;

const terminated = once(process, 'SIGTERM').then(async () => {
  console.log('SIGTERM: no new work, 2 s for what is running');
  // After `drain`, the `signal` of each lease that is still held aborts.
  await old.close({ drain: '2s' });
});

const working = old.using('import', '30s', async (lease) => {
  for (let part = 1; part <= 5; part++) {
    // Between two steps is the place to stop at.
    lease.signal.throwIfAborted();
    await pause(100);
    console.log(`part ${String(part)} of 5`);
  }
  done = true;
});
const successor = next.using('import', '30s', () => {
  if (!done) throw new Error('the next instance began before the work was done');
  console.log('the next instance has the lock');
});
// Somebody else has this one, so `old` is still waiting for it when the signal comes.
const elsewhere = await next.acquire('export', '30s');
const waiting = old.acquire('export', '30s').catch((error: unknown) => {
  if (!(error instanceof LockClosedError)) throw error;
  turnedAway = true;
  console.log('a waiter was turned away');
});

await pause(250);
const began = performance.now();
process.kill(process.pid, 'SIGTERM');
await Promise.all([terminated, working, successor, waiting]);
await elsewhere.release();
await next.close();

const took = performance.now() - began;
console.log(`closed after ${took.toFixed(0)} ms`);
if (!done || !turnedAway) throw new Error('the work was cut short, or a waiter was forgotten');
if (took > 2000) throw new Error('the drain did not end with the work');
