import { errorOf, isRefusal } from '../../../backends/dflockd/wire/answer.js';
import { STATS_LINE } from '../../../backends/dflockd/wire/commands.js';
import { decodeLine, MAX_LONG_LINE } from '../../../backends/dflockd/wire/line-reader.js';
import { LockClosedError } from '../../../contract/errors.js';
import { openChannel, validateConnection } from '../channel/open-channel.js';
import type { ConnectOptions, Stats } from '../document/types.js';

/**
 * What a server holds, in its own words, over a connection of its own.
 *
 * @param options `host` (`'127.0.0.1'`), `port` (6388), `tls`, `auth`, `connectTimeoutMs`.
 * @throws LockError
 *
 * @example
 * ```ts
 * import { stats } from 'rxlock/compat/dflockd';
 *
 * const { connections, locks } = await stats({ host: '127.0.0.1', port: 6388 });
 * console.log(connections, locks);
 * ```
 */
export async function stats(options: ConnectOptions = {}): Promise<Stats> {
  validateConnection(options);
  const channel = openChannel(options);
  const { where } = channel.connection;
  try {
    return await channel.ask<Stats>({
      text: STATS_LINE,
      longest: MAX_LONG_LINE,
      read: (line) => (isRefusal(line) ? errorOf(line, { what: 'tell what it holds', where }) : readStats(line)),
    });
  } finally {
    channel.close(new LockClosedError('the stats were read'));
  }
}

function readStats(line: string): Stats | undefined {
  const text = line.startsWith('ok {') ? decodeLine(line.slice(3)) : undefined;
  if (text === undefined) return undefined;
  try {
    const json = JSON.parse(text) as Partial<Stats>;
    const none = { connections: 0, locks: [], semaphores: [], idle_locks: [], idle_semaphores: [] };
    // A server writes null for an empty list, or leaves it out.
    const told = Object.entries(json).filter(([, value]) => (value as unknown) !== null);
    return { ...none, ...Object.fromEntries(told) };
  } catch {
    // The parser's message quotes the text, which may hold anything.
    return undefined;
  }
}
