import type { Channel } from './channel.js';
import { prove } from './prove.js';
import { readTaken } from './read-taken.js';
import type { Confirmed, Wanted } from './wanted.js';
import { words } from './words.js';

/** Takes it, or a place in its queue. */
export async function takePlace(channel: Channel, wanted: Wanted): Promise<Confirmed | 'queued'> {
  const { kind, key, lease, limit } = wanted;
  const answer = await channel.ask<Confirmed | 'queued'>({
    text: `${kind}e\n${key}\n${words(limit, lease)}\n`,
    read: (line, asked) => {
      if (line !== 'queued') return readTaken('enqueue', channel, wanted, line, asked);
      channel.places.add(wanted, asked.sentAt);
      return line;
    },
  });
  return answer === 'queued' ? answer : prove(channel, wanted, answer);
}
