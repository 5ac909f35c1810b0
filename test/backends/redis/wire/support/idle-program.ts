import { argv } from 'node:process';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { openPort } from '../../../../../src/backends/redis/wire/open-port.js';

// Is connected and listens, and has nothing else to do: it ends by itself, also where a connection was made after that was said.
const [library, port] = argv.slice(2);
const url = `redis://127.0.0.1:${String(port)}`;
const opened = openPort(library === 'ioredis' ? new Redis(url, { lazyConnect: true }) : createClient({ url }));
await opened.connect();
opened.keepAlive(false);
opened.keepAlive(true);
await opened.subscribe('channel', { message: () => undefined, missed: () => undefined });
opened.keepAlive(false);
opened.reset();
opened.connect().then(
  () => {
    console.log('done');
  },
  () => undefined,
);
// Without anything that keeps it, it would not wait for that.
setTimeout(() => undefined, 500);
