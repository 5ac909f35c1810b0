import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startRedis } from '../../../scripts/lib/redis-server.mjs';
import { onFreePorts } from '../../../scripts/lib/free-ports.mjs';
import { clock } from './clock.mjs';
import { FaultProxy } from './fault-proxy.mjs';
import { Truth } from './truth.mjs';

const BELIEVER = fileURLToPath(new URL('believer.mjs', import.meta.url));
const NAME = 'held';

/**
 * Lets a program hold a lock through a proxy, strikes, and watches.
 *
 * @param key The key of a lock of this name.
 * @param after When it strikes, in milliseconds after the grant.
 * @param watch How long it watches then.
 * @returns `overhold`: for how many milliseconds the program believed that it had the lock although it was not held on the
 * server. `stillBelieves`: it did to the end. Undefined if it had lost the lock before, as on a busy machine.
 */
export async function playScene({ name, key, fault, ttl, after, watch }) {
  const cleanUp = [];
  try {
    const server = await aServer();
    cleanUp.push(() => server.kill());
    const proxy = await FaultProxy.start(server.port);
    cleanUp.push(() => proxy.stop());
    const truth = new Truth(server.port, key(NAME));
    cleanUp.push(() => truth.stop());
    const program = await aProgram(name, `redis://127.0.0.1:${proxy.port}`, ttl);
    cleanUp.push(() => program.kill());
    await pause(after);
    await truth.look();
    const struck = clock();
    await fault.strike({ proxy, server, program, ttl });
    await pause(struck + watch - clock());
    const beliefs = await program.beliefs();
    await truth.stop();
    return judge(beliefs, truth, struck, struck + watch);
  } finally {
    for (const end of cleanUp.reverse()) await end();
  }
}

function judge(changes, truth, from, until) {
  const spans = changes.flatMap(({ at, believes }, index) =>
    believes ? [{ begin: Math.max(from, at), end: Math.min(until, changes[index + 1]?.at ?? until) }] : [],
  );
  const isHeld = spans.some(({ begin, end }) => begin === from && end > from) && truth.missing(from - 1, from) === 0;
  if (!isHeld) return undefined;
  const missing = spans.map(({ begin, end }) => (begin < end ? truth.missing(begin, end) : 0));
  const overhold = missing.reduce((sum, part) => sum + part, 0);
  return { overhold: Math.round(overhold), stillBelieves: overhold > 0 && changes.at(-1).believes };
}

/** A server that can be killed, and started again on its port. */
function aServer() {
  return onFreePorts(1, aServerOn);
}

async function aServerOn(port) {
  let running;
  const server = {
    port,
    start: async () => void (running = await startRedis(port)),
    kill: async () => {
      const { stop } = running ?? {};
      running = undefined;
      await stop?.();
    },
  };
  await server.start();
  return server;
}

async function aProgram(name, url, ttl) {
  const child = fork(BELIEVER, [name, url, NAME, ttl], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  const gone = once(child, 'exit').then(() => clock());
  const first = await Promise.race([once(child, 'message'), gone]);
  if (!Array.isArray(first)) throw new Error(`${name} ended before it had the lock\n${said.trim()}`);
  const began = clock();
  return {
    order: (order, argument) => void child.send({ order, argument }),
    /** Whoever has ended by himself believes in nothing. */
    async beliefs() {
      if (child.connected) child.send({ order: 'end' });
      const last = await Promise.race([once(child, 'message'), gone]);
      if (Array.isArray(last)) return last[0].changes;
      return [
        { at: began, believes: true },
        { at: last, believes: false },
      ];
    },
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}
