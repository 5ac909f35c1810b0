// The same with the CommonJS build.
const assert = require('node:assert/strict');
const { createLocks, LockHeldError, LockNetworkError, memory } = require('rxlock');
const { dflockd } = require('rxlock/dflockd');
const { octostore } = require('rxlock/octostore');
const { DistributedLock, LockError: DflockdError } = require('rxlock/compat/dflockd');
const { OctoStoreClient, LockHeldError: HeldElsewhere } = require('rxlock/compat/octostore');
const { usingLock } = require('rxlock/operators');
const testing = require('rxlock/testing');
const { locksFromUrl } = require('rxlock/auto');
const dflockdServer = require('./dflockd-server.cjs');
const documentServer = require('./document-server.cjs');
const { filter, lastValueFrom, of, take } = require('rxjs');

async function main() {
  const locks = createLocks(memory());
  const first = await locks.acquire('smoke', '1s');
  await assert.rejects(locks.acquire('smoke', '1s', { wait: false }), LockHeldError);
  await lastValueFrom(locks.events$.pipe(filter(({ type }) => type === 'renewed'), take(4)));
  assert.equal(await locks.tryAcquire('smoke', '1s'), null);
  await first.release();
  const work$ = usingLock(locks.lock$('smoke', '1s'), (lease) => of(lease.fencingToken));
  assert.ok((await lastValueFrom(work$)) > first.fencingToken);
  await locks.close();

  const auto = await locksFromUrl('memory:');
  assert.equal(await auto.using('smoke', '1s', async (lease) => lease.name), 'smoke');
  await auto.close();
  assert.equal(typeof octostore, 'function');
  await assert.rejects(dflockd({ port: 1 }).stats(), LockNetworkError);
  assert.ok(Object.keys(testing).length > 0);

  const server = await documentServer.start();
  const client = new OctoStoreClient({ baseUrl: server.url, token: 'a' });
  assert.equal(await client.health(), 'ok');
  const result = await client.acquireLock('my-lock', 60);
  await assert.rejects(new OctoStoreClient({ baseUrl: server.url, token: 'b' }).acquireLock('my-lock'), (error) => {
    return error instanceof HeldElsewhere && error instanceof LockHeldError && error.holder_id === 'somebody';
  });
  assert.ok((await client.renewLock('my-lock', result.lease_id, 120)).expires_at);
  await client.releaseLock('my-lock', result.lease_id);
  await server.stop();

  const queue = await dflockdServer.start();
  const lock = new DistributedLock({ key: 'my-resource', port: queue.port });
  assert.equal(await lock.acquire(), true);
  await lock.release();
  await queue.stop();
  await assert.rejects(lock.acquire(), (error) => error instanceof DflockdError && error instanceof LockNetworkError);
}

main().then(
  () => console.log('done'),
  (error) => {
    console.error(error);
    process.exitCode = 1;
  },
);
