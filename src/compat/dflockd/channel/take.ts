import type { Channel } from './channel.js';
import { prove } from './prove.js';
import { readTaken } from './read-taken.js';
import type { Confirmed, Wanted } from './wanted.js';
import { words } from './words.js';

/** Takes it, waiting at most so many seconds. */
export async function take(channel: Channel, wanted: Wanted, wait: number): Promise<Confirmed> {
  const { kind, key, lease, limit } = wanted;
  const granted = await channel.ask<Confirmed>({
    text: `${kind}l\n${key}\n${words(wait, limit, lease)}\n`,
    wait,
    read: (line, asked) => readTaken('acquire', channel, wanted, line, asked),
  });
  return prove(channel, wanted, granted);
}
