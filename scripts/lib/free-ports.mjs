import { once } from 'node:events';
import { createServer } from 'node:net';
import { pid } from 'node:process';

// Below those that a system gives to whoever asks for any one: on Linux from 32768 on, and few of them, one after the other.
// Above 10080, which no `fetch` asks.
const FIRST = 10_100;
const SHARES = 100;
const SHARE = 200;
/** How many ports are tried in a row. */
const STARTS = 5;

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

/**
 * Starts something on ports of which nobody listens on any, and on others if it fails there: somebody may have taken one between the look and the start.
 *
 * @param start Is given the ports, and leaves nothing behind if it fails.
 */
export async function onFreePorts(count, start) {
  for (let tries = 1; ; tries++) {
    const ports = await freePorts(count);
    try {
      return await start(...ports);
    } catch (error) {
      // It is not known of each program whether it was the port.
      if (tries === STARTS) throw error;
    }
  }
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
