import type { LockServer, LockServerOptions } from 'rxlock/server';
import { say } from '../say.js';
import type { Surroundings } from '../surroundings.js';
import { optionsOf } from './options-of.js';
import { unknownVariables } from './unknown-variables.js';
import type { ServeFlags } from './serve-flags.js';

/** How a process ends that did not wait for its end. */
const AT_ONCE = 130;

/**
 * Runs a server until a signal ends it.
 *
 * @param variables Those of the environment that mean something to it.
 * @throws What `createLockServer` throws, and UsageError for flags that do not go together.
 */
export async function serve(flags: ServeFlags, around: Surroundings, variables: readonly string[]): Promise<void> {
  const { createLockServer } = await import('rxlock/server');
  const options = optionsOf(flags, around);
  if (flags.logLevel !== 'error') {
    for (const unknown of unknownVariables(around.env, variables)) {
      const time = new Date().toISOString();
      options.log?.({ time, level: 'warn', event: 'unknown variable of the environment', ...unknown });
    }
  }
  const starting = createLockServer(options).then((server) => {
    const addresses = Object.values(server.addresses).flatMap(({ urls }) => urls);
    say(around.stdout, `rxlock is ready: ${[...new Set(addresses)].join(' ')} (${keepingOf(options)})\n`);
    return server;
  });
  await ended(starting, flags, around);
}

function nothing(): void {
  // It ends anyway.
}

/** What a stranger would be surprised by. */
function keepingOf({ data, maxTtl }: LockServerOptions): string {
  return data === undefined
    ? `it keeps nothing, so it grants nothing for the first ${String(maxTtl)}: see --max-ttl`
    : `locks are kept in ${data}`;
}

/**
 * Listens to signals, from before the start is over: whoever reads that it is ready may send one at once.
 *
 * @returns Resolves when the server has ended, and rejects if it did not start.
 */
function ended(starting: Promise<LockServer>, { drain }: ServeFlags, around: Surroundings): Promise<void> {
  return new Promise((resolve, reject) => {
    let isEnding = false;
    const stop = (): void => {
      if (isEnding) around.exit(AT_ONCE);
      isEnding = true;
      starting.then((server) => server.close({ drain })).then(over, fail);
    };
    const reload = (): void => {
      // It has logged already why nothing has changed.
      starting.then((server) => server.reload()).catch(() => undefined);
    };
    const forget = (): void => {
      around.off('SIGINT', stop);
      around.off('SIGTERM', stop);
      // A terminal that hangs up as it ends: without anybody who listens, that would be how the process ends.
      around.on('SIGHUP', nothing);
      around.off('SIGHUP', reload);
    };
    const over = (): void => {
      forget();
      resolve();
    };
    const fail = (error: unknown): void => {
      forget();
      reject(error);
    };
    around.on('SIGINT', stop);
    around.on('SIGTERM', stop);
    around.on('SIGHUP', reload);
    starting.catch(fail);
  });
}
