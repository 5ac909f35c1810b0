import { once } from 'node:events';
import { createServer } from 'node:net';
import { pid } from 'node:process';

// Below those that a system gives to whoever asks for any one: on Linux from 32768 on, and few of them, one after the other.
// Above 10080, which no `fetch` asks.
const FIRST = 10_100;
const SHARES = 100;
const SHARE = 200;

const first = FIRST + (pid % SHARES) * SHARE;
let next = Math.floor(Math.random() * SHARE);

/**
 * Finds ports of this machine that nobody listens on. Each process has a share of its own, and uses each port of it once until all were used: so a server
 * that was killed finds its port free when it comes back, whatever else was started meanwhile.
 */
export async function freePorts(count) {
  const ports = [];
  for (let tries = 0; ports.length < count; tries++) {
    if (tries > SHARE) throw new Error(`no ${count} ports are free from ${first} to ${first + SHARE - 1}`);
    const port = first + (next++ % SHARE);
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

async function isFree(port) {
  const probe = createServer();
  try {
    await once(probe.listen(port, '127.0.0.1'), 'listening');
  } catch {
    return false;
  }
  probe.close();
  await once(probe, 'close');
  return true;
}
