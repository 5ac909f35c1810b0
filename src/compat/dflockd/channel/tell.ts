import { isRefusal, readCount, unknownCommand, errorOf } from '../../../backends/dflockd/wire/answer.js';
import { publishLine } from '../../../backends/dflockd/wire/commands.js';
import type { Channel } from './channel.js';

/** Publishes a signal; its arguments are known to be right. @returns How many heard it. */
export function tell(channel: Channel, name: string, payload: string): Promise<number> {
  return order(channel, publishLine(name, payload), 'publish a signal', readCount);
}

/** A command that a server refuses with a plain `error` only if it does not know it. */
export function order<T>(
  channel: Channel,
  text: string,
  what: string,
  read: (line: string) => T | undefined,
): Promise<T> {
  const { where } = channel.connection;
  return channel.ask<T>({
    text,
    read: (line) => {
      if (!isRefusal(line)) return read(line);
      return line === 'error' ? unknownCommand({ what, where }) : errorOf(line, { what, where });
    },
  });
}
