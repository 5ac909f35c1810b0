// The server in a CommonJS program, with and without a directory.
const assert = require('node:assert/strict');
const { rm } = require('node:fs/promises');
const { createLocks } = require('rxlock');
const { createLockServer } = require('rxlock/server');
const { socket } = require('rxlock/socket');

async function main() {
  const data = `${process.argv[3]}.data`;
  await rm(data, { recursive: true, force: true });
  const server = await createLockServer({ ws: 0, http: 0, dflockd: 0, data });
  const locks = createLocks(socket({ url: server.addresses.ws.url }));
  assert.equal(await locks.using('report', '1s', async (lease) => typeof lease.fencingToken), 'bigint');
  await locks.close();
  const health = await fetch(`${server.addresses.http.url}/health`);
  assert.equal(health.status, 200);
  await server.close();
  console.log('done');
}

main();
