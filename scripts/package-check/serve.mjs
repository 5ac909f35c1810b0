// The command serves a program, keeps what is locked over its end, and is a part of a program as well.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createLocks } from 'rxlock';
import { createLockServer } from 'rxlock/server';
import { socket } from 'rxlock/socket';

const [command, path] = process.argv.slice(2);
const data = `${path}.data`;
await rm(data, { recursive: true, force: true });

async function start() {
  const child = spawn(command, ['serve', '--ws', '0', '--data', data, '--log-level', 'error'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = await once(child.stdout, 'data');
  return { child, url: /ws:\S+/.exec(String(said))[0] };
}

async function stop({ child }) {
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
}

const before = await start();
const locks = createLocks(socket({ url: before.url }));
const lease = await locks.acquire('report', '1s');
const first = lease.fencingToken;
await lease.release();
await locks.close();
await stop(before);

const after = await start();
const again = createLocks(socket({ url: after.url }));
const second = await again.acquire('report', '1s');
assert.ok(second.fencingToken > first);
await again.close();
await stop(after);

const server = await createLockServer({ ws: 0, http: 0, dflockd: 0, ephemeral: { wait: false } });
const within = createLocks(socket({ url: server.addresses.ws.url, fencing: false }));
await within.using('report', '1s', async (held) => assert.equal(held.isHeld, true));
await within.close();
assert.match(await server.metrics(), /^rxlock_held 0$/m);
await server.close();
console.log('done');
