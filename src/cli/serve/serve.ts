import type { LockServer, LockServerOptions } from 'rxlock/server';
import { say } from '../say.js';
import type { Surroundings } from '../surroundings.js';
import { optionsOf } from './options-of.js';
import type { ServeFlags } from './serve-flags.js';

/** How a process ends that did not wait for its end. */
const AT_ONCE = 130;

/**
 * Runs a server until a signal ends it.
 *
 * @throws What `createLockServer` throws, and UsageError for flags that do not go together.
 */
export async function serve(flags: ServeFlags, around: Surroundings): Promise<void> {
  const { createLockServer } = await import('rxlock/server');
  const options = optionsOf(flags, around);
  const server = await createLockServer(options);
  const end = ended(server, flags, around);
  const addresses = Object.values(server.addresses).map(({ url }) => url);
  say(around.stdout, `rxlock is ready: ${[...new Set(addresses)].join(' ')} (${keepingOf(options)})\n`);
  await end;
}

/** What a stranger would be surprised by. */
function keepingOf({ data, maxTtl }: LockServerOptions): string {
  return data === undefined
    ? `it keeps nothing, so it grants nothing for the first ${String(maxTtl)}`
    : `what is locked is kept in ${data}`;
}

/** Listens to signals. @returns Resolves when the server has ended. */
function ended(server: LockServer, { drain }: ServeFlags, around: Surroundings): Promise<void> {
  return new Promise((resolve, reject) => {
    let isEnding = false;
    const stop = (): void => {
      if (isEnding) around.exit(AT_ONCE);
      isEnding = true;
      server.close({ drain }).then(() => {
        around.off('SIGINT', stop);
        around.off('SIGTERM', stop);
        around.off('SIGHUP', reload);
        resolve();
      }, reject);
    };
    const reload = (): void => {
      // It has logged already why nothing has changed.
      server.reload().catch(() => undefined);
    };
    around.on('SIGINT', stop);
    around.on('SIGTERM', stop);
    around.on('SIGHUP', reload);
  });
}
