import { fileURLToPath } from 'node:url';
import { compiled } from './compiled.mjs';
import { PlainConnection } from './plain-dflockd.mjs';
import { onFreePorts } from '../../scripts/lib/free-ports.mjs';
import { startServer } from '../../scripts/lib/server-process.mjs';

const PROGRAM = fileURLToPath(new URL('../../test/support/dflockd-process.ts', import.meta.url));
/** The rows hold more than the 1,024 that both allow by default. */
const MAX_LOCKS = 100_000;
/** One side of a row opens 10,000 connections from one address; the project's own server allows 7,500 by default. */
const NO_LIMIT = ['--max-connections', 0];

/** The project's own server in a process of its own, compiled: what runs TypeScript as it is costs the server its speed. */
export async function startOwnDflockd() {
  return onFreePorts(1, (port) => {
    const args = async (folder) => [await compiled(PROGRAM, folder), ...flags(port), ...NO_LIMIT];
    return startServer(process.execPath, args, { BENCH_DFLOCKD: `127.0.0.1:${port}` }, () => answers(port));
  });
}

/** The one that `DFLOCKD_BIN` names; undefined where it names none. */
export async function startRealDflockd() {
  const program = process.env.DFLOCKD_BIN;
  if (!program) return undefined;
  return onFreePorts(1, (port) =>
    startServer(program, flags(port), { BENCH_DFLOCKD_REAL: `127.0.0.1:${port}` }, () => answers(port)),
  );
}

function flags(port) {
  return ['--host', '127.0.0.1', '--port', port, '--max-locks', MAX_LOCKS];
}

async function answers(port) {
  const connection = await PlainConnection.open({ host: '127.0.0.1', port });
  connection.close();
}
