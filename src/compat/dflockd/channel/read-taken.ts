import { errorOf, isRefusal } from '../../../backends/dflockd/wire/answer.js';
import { LockLostError, type LockError as RootError } from '../../../contract/errors.js';
import { AcquireTimeoutError } from '../document/errors.js';
import type { PromisedQuestion } from './promised-question.js';
import type { Channel } from './channel.js';
import { handBack } from './give-back.js';
import { readGrant } from './told.js';
import type { Confirmed, Wanted } from './wanted.js';

/** What was asked, and since when what is granted may have been held. */
type Asked = Pick<PromisedQuestion<unknown>, 'isLate' | 'sentAt'>;

/**
 * Reads the answer to whoever wants a lock. A grant that nobody waits for any more is given back.
 *
 * @param what What was asked for, for messages.
 * @returns A grant, or what the refusal means; undefined if it is neither.
 */
export function readTaken(
  what: 'acquire' | 'enqueue' | 'wait',
  channel: Channel,
  wanted: Wanted,
  line: string,
  { isLate, sentAt }: Asked,
): Confirmed | RootError | undefined {
  const granted = readGrant(line, what === 'enqueue' ? 'acquired' : 'ok', wanted.lease);
  if (granted === undefined) return refusalOf(what, channel, wanted, line);
  const { connection, holdings } = channel;
  // Each grant has a token of its own: this is an answer that was given before.
  if (holdings.isHeld(granted.token)) return undefined;
  holdings.take(wanted, granted, connection, sentAt);
  if (isLate) handBack(channel, wanted.kind, wanted.key, granted.token);
  // Where somebody else asks as well, it may be the answer to that.
  return { ...granted, sentAt: connection.isShared ? NaN : sentAt };
}

function refusalOf(what: string, channel: Channel, { key, limit }: Wanted, line: string): RootError | undefined {
  if (line === 'timeout' && what !== 'enqueue') return new AcquireTimeoutError(key);
  if (line === 'error_lease_expired') {
    return new LockLostError(`'${key}' ran out in its queue`, { name: key, reason: 'expired' });
  }
  const { where } = channel.connection;
  return isRefusal(line) ? errorOf(line, { what: `${what} '${key}'`, where, name: key, limit }) : undefined;
}
