import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dflockd } from '../../src/backends/dflockd/index.js';
import { octostore } from '../../src/backends/octostore/index.js';
import { socket } from '../../src/backends/socket/index.js';
import type { LockBackend } from '../../src/contract/backend.js';
import { createLocks } from '../../src/locks/create-locks.js';

/** Something else listens at the port: it speaks lines, and no TLS. */
let other: Server;

beforeAll(async () => {
  other = createServer((connection) => {
    connection.on('error', () => undefined);
    connection.on('data', () => connection.write('-ERR unknown command\n'));
  });
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
});

afterAll(() => void other.close());

const ROWS: readonly (readonly [title: string, backend: (port: number) => LockBackend, says: RegExp])[] = [
  [
    'octostore, over http',
    (port) => octostore({ baseUrl: `http://127.0.0.1:${String(port)}`, token: 'a' }),
    /does not speak HTTP/,
  ],
  [
    'octostore, over https',
    (port) => octostore({ baseUrl: `https://127.0.0.1:${String(port)}`, token: 'a' }),
    /no TLS; then baseUrl/,
  ],
  ['dflockd', (port) => dflockd({ port }), /is it dflockd that listens there/],
  ['dflockd, with TLS', (port) => dflockd({ port, tls: true }), /no TLS; then leave the option tls out/],
  ['socket, with TLS', (port) => socket({ url: `wss://127.0.0.1:${String(port)}` }), /no TLS; then the option url/],
];

describe('the error of a port where another server listens says so', () => {
  it.each(ROWS)('%s', async (_, backend, says) => {
    const locks = createLocks(backend((other.address() as AddressInfo).port));
    await expect(locks.tryAcquire('a', '30s')).rejects.toThrow(says);
    await locks.close();
  });
});
