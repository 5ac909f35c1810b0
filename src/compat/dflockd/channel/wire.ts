import { errorOf, isRefusal, readGrant } from '../../../backends/dflockd/wire/answer.js';
import { waitLine } from '../../../backends/dflockd/wire/commands.js';
import { LockLostError, type LockError as RootError } from '../../../contract/errors.js';
import type { PromisedQuestion } from './promised-question.js';
import type { Channel } from './channel.js';
import { prove, proveTurn } from './confirm.js';
import { AcquireTimeoutError } from '../document/errors.js';
import { handBack } from './give-back.js';
import type { Confirmed, Wanted } from './wanted.js';

/** Takes it, waiting at most so many seconds. */
export async function take(channel: Channel, wanted: Wanted, wait: number): Promise<Confirmed> {
  const { kind, key, lease, limit } = wanted;
  const granted = await channel.ask<Confirmed>({
    text: `${kind}l\n${key}\n${words(wait, limit, lease)}\n`,
    wait,
    read: (line, asked) => readTaken(channel, wanted, line, asked) ?? refusalOf(line, 'acquire', channel, wanted),
  });
  return prove(channel, wanted, granted);
}

/** Takes it, or a place in its queue. */
export async function takePlace(channel: Channel, wanted: Wanted): Promise<Confirmed | 'queued'> {
  const { kind, key, lease, limit } = wanted;
  const answer = await channel.ask<Confirmed | 'queued'>({
    text: `${kind}e\n${key}\n${words(limit, lease)}\n`,
    read: (line, asked) => {
      if (line !== 'queued') {
        return readTaken(channel, wanted, line, asked) ?? refusalOf(line, 'enqueue', channel, wanted);
      }
      channel.places.set(placeOf(wanted), asked.sentAt);
      return line;
    },
  });
  return answer === 'queued' ? answer : prove(channel, wanted, answer);
}

/** Waits for one's turn in the queue. */
export async function awaitTurn(channel: Channel, wanted: Wanted, wait: number): Promise<Confirmed> {
  const { kind, key } = wanted;
  const since = channel.places.get(placeOf(wanted)) ?? channel.since;
  const granted = await channel.ask<Confirmed>({
    text: waitLine(kind, key, wait),
    wait,
    read: (line, asked) => {
      channel.places.delete(placeOf(wanted));
      return readTaken(channel, wanted, line, asked) ?? refusalOf(line, 'wait', channel, wanted);
    },
  });
  return proveTurn(channel, wanted, { ...granted, sentAt: Math.min(granted.sentAt, since) });
}

/** Reads a grant; one that nobody waits for any more is given back. */
function readTaken(
  channel: Channel,
  { kind, key }: Wanted,
  line: string,
  { isLate, sentAt }: Pick<PromisedQuestion<unknown>, 'isLate' | 'sentAt'>,
): Confirmed | undefined {
  const granted = readGrant(line);
  if (granted === undefined) return undefined;
  channel.take(granted.token, granted.lease);
  if (isLate) handBack(channel, kind, key, granted.token);
  // Where somebody else asks as well, it may be the answer to that.
  return { ...granted, sentAt: channel.connection.isShared ? NaN : sentAt };
}

function refusalOf(
  line: string,
  what: string,
  { connection: { where } }: Channel,
  { key, limit }: Wanted,
): RootError | undefined {
  if (line === 'timeout' && what !== 'enqueue') return new AcquireTimeoutError(key);
  if (line === 'error_lease_expired') {
    return new LockLostError(`'${key}' ran out in its queue`, { name: key, reason: 'expired' });
  }
  return isRefusal(line) ? errorOf(line, { what: `${what} '${key}'`, where, name: key, limit }) : undefined;
}

function placeOf({ kind, key }: Wanted): string {
  return `${kind} ${key}`;
}

function words(...all: readonly (number | undefined)[]): string {
  return all.filter((word) => word !== undefined).join(' ');
}
