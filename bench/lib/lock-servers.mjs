import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onFreePorts } from '../../scripts/lib/free-ports.mjs';
import { startServer } from '../../scripts/lib/server-process.mjs';

const PROGRAM = fileURLToPath(new URL('lock-server-program.mjs', import.meta.url));
const BARE = fileURLToPath(new URL('bare-server-program.mjs', import.meta.url));
/** The rows have one client that does the work of many. */
const LIMITS = { operationsPerSecond: 0, locks: 0, waiters: 0, places: 0, connectionsPerAddress: 0 };

/** Options of a server that keeps nothing on disk, and grants at once all the same. */
export const forgetful = (port) => ({ ws: port, http: port, ephemeral: { wait: false }, limits: LIMITS });

/** Of one that keeps what is locked in a folder. */
export const keeping = (port, folder) => ({ ws: port, http: port, data: join(folder, 'data'), limits: LIMITS });

/**
 * The project's own server, twice, each in a process of its own: with a store and without. Beside them one that does the
 * least that a server can: what is lost between it and ours is ours to mend, the rest is not.
 */
export function startLockServers() {
  return onFreePorts(3, startOn);
}

async function startOn(port, storedPort, barePort) {
  const servers = [
    await startServer(process.execPath, [PROGRAM, JSON.stringify(forgetful(port))], {}, () => answers(port)),
  ];
  const stop = async () => void (await Promise.all(servers.map((server) => server.stop())));
  try {
    const args = (folder) => [PROGRAM, JSON.stringify(keeping(storedPort, folder))];
    servers.push(await startServer(process.execPath, args, {}, () => answers(storedPort)));
    servers.push(await startServer(process.execPath, [BARE, barePort], {}, () => answers(barePort)));
  } catch (error) {
    await stop();
    throw error;
  }
  const env = {
    BENCH_RXLOCK: `127.0.0.1:${port}`,
    BENCH_RXLOCK_STORED: `127.0.0.1:${storedPort}`,
    BENCH_BARE: `127.0.0.1:${barePort}`,
  };
  return { env, stop };
}

/** Resolves when the server at this port gives a sign of life. */
export async function answers(port) {
  const answer = await fetch(`http://127.0.0.1:${port}/health`);
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
}

/** The command `rxlock` of what is built. */
export const COMMAND = join(
  fileURLToPath(new URL('../..', import.meta.url)),
  createRequire(import.meta.url)('../../package.json').bin.rxlock,
);
