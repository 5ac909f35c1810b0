import { connect } from 'node:net';
import { argv } from 'node:process';
import * as client from '../../../../src/compat/dflockd/index.js';

// Does everything once, gives everything back, and is over by itself.
const port = Number(argv[2]);
const options = { key: 'exiting', port, acquireTimeoutS: 0 };
const [a, b] = [new client.DistributedLock(options), new client.DistributedLock(options)];
await a.acquire();
await b.acquire();
await b.enqueue();
await b.wait(0);
await b.enqueue();
b.close();
await a.release();
await a.withLock(() => undefined);
await a.acquire();
a.close();
await client.stats({ port });
const signals = await client.SignalConnection.connect({ port });
signals.close();
const sock = connect({ host: '127.0.0.1', port });
const { token } = await client.acquire(sock, 'exiting-too', 1);
await client.release(sock, 'exiting-too', token);
sock.destroy();
console.log('done');
