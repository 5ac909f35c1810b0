// A lock's whole life with the ESM build, in the embedded backend.
import assert from 'node:assert/strict';
import { createLocks, LockHeldError, LockNetworkError, LockTimeoutError, memory } from 'rxlock';
import { AcquireTimeoutError, DistributedLock, LockError as DflockdError } from 'rxlock/compat/dflockd';
import { LockHeldError as HeldElsewhere, OctoStoreClient } from 'rxlock/compat/octostore';
import { dflockd } from 'rxlock/dflockd';
import { octostore } from 'rxlock/octostore';
import { withLock } from 'rxlock/operators';
import { socket } from 'rxlock/socket';
import * as testing from 'rxlock/testing';
import { locksFromUrl } from 'rxlock/auto';
import dflockdServer from './dflockd-server.cjs';
import documentServer from './document-server.cjs';
import { filter, firstValueFrom, lastValueFrom, of, take } from 'rxjs';

const locks = createLocks(memory());
const first = await locks.acquire('smoke', '1s');
assert.equal(typeof first.fencingToken, 'bigint');
assert.equal(first.isHeld, true);
await assert.rejects(locks.acquire('smoke', '1s', { wait: false }), LockHeldError);
assert.equal(await locks.tryAcquire('smoke', '1s'), null);

// Four renewals take longer than the ttl.
await lastValueFrom(locks.events$.pipe(filter(({ type }) => type === 'renewed'), take(4)));
assert.equal(first.isHeld, true);
assert.equal(await locks.tryAcquire('smoke', '1s'), null);

const next = locks.acquire('smoke', '1s');
await first.release();
const second = await next;
assert.equal(first.isHeld, false);
assert.ok(second.fencingToken > first.fencingToken);
await second.release();

assert.equal(await firstValueFrom(of('worked').pipe(withLock(locks.lock$('smoke', '1s')))), 'worked');
assert.equal(await locks.using('smoke', '1s', () => Promise.resolve('used')), 'used');
await locks.close();

const auto = await locksFromUrl('memory:');
assert.equal(await auto.using('smoke', '1s', async (lease) => lease.name), 'smoke');
await auto.close();

assert.equal(typeof octostore, 'function');
await assert.rejects(dflockd({ port: 1 }).stats(), LockNetworkError);
await assert.rejects(firstValueFrom(socket({ url: 'ws://127.0.0.1:1' }).status('smoke')), LockNetworkError);
assert.ok(Object.keys(testing).length > 0);

// The drop-in clients; they need not be closed for the process to end.
const server = await documentServer.start();
const client = new OctoStoreClient({ baseUrl: server.url, token: 'a' });
const { lease_id } = await client.acquireLock('my-lock');
const other = new OctoStoreClient({ baseUrl: server.url, token: 'b' });
await assert.rejects(other.acquireLock('my-lock'), (error) => error instanceof HeldElsewhere && error instanceof LockHeldError);
await client.releaseLock('my-lock', lease_id);
await server.stop();

const queue = await dflockdServer.start();
const lock = new DistributedLock({ key: 'my-resource', port: queue.port });
assert.equal(await lock.withLock(async () => lock.token), 'token');
assert.equal(lock.token, null);
await queue.stop();
await assert.rejects(lock.acquire(), (error) => error instanceof DflockdError && error instanceof LockNetworkError);
assert.ok(new AcquireTimeoutError('my-resource') instanceof LockTimeoutError);
console.log('done');
