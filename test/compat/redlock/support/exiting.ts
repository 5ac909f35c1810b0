import { argv } from 'node:process';
import { Redis } from 'ioredis';
import Redlock from '../../../../src/compat/redlock/index.js';

// Ends its own client, as programs of the package did, and is over by itself.
const client = new Redis(Number(argv[2]));
const redlock = new Redlock([client]);
const lock = await redlock.acquire(['exiting'], 60_000);
await (await lock.extend(60_000)).release();
await redlock.using(['exiting'], 60_000, async () => undefined);
await client.quit();
console.log('done');
