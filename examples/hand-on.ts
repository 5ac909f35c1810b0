// A web request takes the lock of an order and answers at once; a worker in another process charges the order under that
// same lock, which is free at no moment in between.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LeaseHandle, Locks } from 'rxlock';
import { locksFromUrl } from 'rxlock/auto';

const url = process.env['OCTOSTORE_BASE_URL']?.replace(/^https?/, 'octostore') ?? 'memory:';
const NAME = 'orders/4711';

/** What the worker does with a message of the queue. */
async function work(locks: Locks, message: string): Promise<void> {
  const lease = await locks.adopt(JSON.parse(message) as LeaseHandle, { maxHold: '1m' });
  console.log(`worker: charges ${lease.name} under the token ${String(lease.fencingToken)}`);
  lease.assertHeld();
  await lease.release();
}

if (process.send !== undefined) {
  // The worker's process: one message, then its end.
  process.once('message', (message: string) => {
    void locksFromUrl(url).then(async (locks) => {
      await work(locks, message);
      await locks.close();
      process.disconnect();
    });
  });
} else {
  const locks = await locksFromUrl(url);
  const lease = await locks.acquire(NAME, '30s');
  console.log(`web: takes ${lease.name} under the token ${String(lease.fencingToken)}`);
  // The message is a secret: who has it has the lock.
  const message = JSON.stringify(await lease.detach());
  if ((await locks.tryAcquire(NAME, '30s')) !== null) throw new Error('the lock was free on its way');
  console.log('web: 202 Accepted');
  if (url === 'memory:')
    await work(locks, message); // nothing leaves this process
  else {
    const worker = fork(fileURLToPath(import.meta.url));
    worker.send(message);
    const [code] = (await once(worker, 'exit')) as [number];
    if (code !== 0) throw new Error(`the worker ended with ${String(code)}`);
  }
  const next = await locks.acquire(NAME, '30s', { wait: '10s' });
  console.log(`web: ${NAME} is free again, the next token is ${String(next.fencingToken)}`);
  await next.release();
  await locks.close();
}
