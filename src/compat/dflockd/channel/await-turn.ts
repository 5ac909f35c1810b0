import { waitLine } from '../../../backends/dflockd/wire/commands.js';
import type { Channel } from './channel.js';
import { proveTurn } from './prove.js';
import { readTaken } from './read-taken.js';
import type { Confirmed, Wanted } from './wanted.js';

/** Waits for one's turn in the queue. Its lease may run since the place was asked for. */
export async function awaitTurn(channel: Channel, wanted: Wanted, wait: number): Promise<Confirmed> {
  const { kind, key } = wanted;
  const place = channel.places.find(wanted);
  const since = place?.sentAt ?? channel.since;
  const placed = { ...wanted, lease: wanted.lease ?? place?.lease };
  const granted = await channel.ask<Confirmed>({
    text: waitLine(kind, key, wait),
    wait,
    read: (line, { isLate, sentAt }) => {
      channel.places.delete(wanted);
      return readTaken('wait', channel, placed, line, { isLate, sentAt: Math.min(sentAt, since) });
    },
  });
  return proveTurn(channel, placed, granted);
}
