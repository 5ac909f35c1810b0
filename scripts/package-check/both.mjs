// Both builds in one process: errors of one are errors of the other, and there is one default `Locks`.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import * as esm from 'rxlock';
import * as esmDflockd from 'rxlock/compat/dflockd';
import * as esmClient from 'rxlock/compat/octostore';
import * as esmOperators from 'rxlock/operators';
import { firstValueFrom } from 'rxjs';

const require = createRequire(import.meta.url);
const cjs = require('rxlock');

assert.notEqual(esm.LockHeldError, cjs.LockHeldError);
assert.ok(new esm.LockHeldError('held') instanceof cjs.LockHeldError);
assert.ok(new cjs.LockHeldError('held') instanceof esm.LockHeldError);
assert.ok(new cjs.LockHeldError('held') instanceof esm.LockError);
assert.ok(!(new cjs.LockHeldError('held') instanceof esm.LockLostError));
assert.deepEqual(Object.keys(esm).sort(), Object.keys(cjs).filter((key) => key !== '__esModule').sort());

const cjsClient = require('rxlock/compat/octostore');
assert.notEqual(esmClient.LockHeldError, cjsClient.LockHeldError);
const held = new cjsClient.LockHeldError('held');
for (const of of [esmClient.LockHeldError, esmClient.OctoStoreError, esm.LockHeldError, cjs.LockHeldError]) assert.ok(held instanceof of);
assert.ok(!(held instanceof esmClient.NetworkError));
assert.ok(!(new esm.LockHeldError('held') instanceof cjsClient.OctoStoreError));

const cjsDflockd = require('rxlock/compat/dflockd');
const late = new cjsDflockd.AcquireTimeoutError('key');
for (const of of [esmDflockd.AcquireTimeoutError, esmDflockd.LockError, esm.LockTimeoutError, cjs.LockError]) assert.ok(late instanceof of);
assert.ok(!(late instanceof esmClient.OctoStoreError));
assert.ok(!(new esm.LockTimeoutError('late') instanceof cjsDflockd.LockError));

// One chunk for both subpaths.
assert.equal(esm.withLock, esmOperators.withLock);
assert.equal(cjs.withLock, require('rxlock/operators').withLock);

const locks = esm.createLocks(esm.memory());
esm.setDefaultLocks(locks);
const subscription = esm.lock$('shared', '1s').subscribe();
assert.equal((await firstValueFrom(cjs.lock$('shared', '1s'))).type, 'waiting');
subscription.unsubscribe();
await locks.close();
console.log('done');
