// A program that holds one lock on Redis and asks again and again whether it still has it, as the package tells its user.
//
//   believer.mjs PACKAGE URL NAME TTL     TTL in milliseconds; it is started with an IPC channel
//
// It says when it has the lock, and in the end at what times its belief changed.
import { Redis } from 'ioredis';
import { OURS } from '../our-redis.mjs';
import { PEERS } from '../redis-peers.mjs';
import { clock } from './clock.mjs';

/** How often it asks, in milliseconds. */
const EVERY = 2;

const [name, url, lockName, ttl] = process.argv.slice(2);
const client = new Redis(url);
client.on('error', () => {});
const lock = await { rxlock: OURS, ...PEERS }[name].open(client).hold(lockName, Number(ttl));

const changes = [{ at: clock(), believes: true }];
let lookedAt = changes[0].at;
/** It believes until the last time that it was told so: if the machine lets nobody run, nobody asks. */
function look() {
  const [now, believes] = [clock(), lock.believes()];
  if (believes !== changes.at(-1).believes) changes.push({ at: believes ? now : lookedAt, believes });
  lookedAt = now;
}
setInterval(look, EVERY);

const ORDERS = {
  /** It works without a pause, and asks before each step. That it sleeps meanwhile leaves the processor to the others. */
  block(milliseconds) {
    const cell = new Int32Array(new SharedArrayBuffer(4));
    for (const end = clock() + milliseconds; clock() < end;) {
      look();
      Atomics.wait(cell, 0, 0, EVERY);
    }
    look();
  },
  end() {
    look();
    process.send({ changes }, () => process.exit());
  },
};
process.on('message', ({ order, argument }) => ORDERS[order](argument));
process.once('disconnect', () => process.exit());
process.send('held');
