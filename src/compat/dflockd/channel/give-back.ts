import { errorOf, isRefusal } from '../../../backends/dflockd/wire/answer.js';
import { releaseLine, type Kind } from '../../../backends/dflockd/wire/commands.js';
import type { LockError as RootError } from '../../../contract/errors.js';
import type { Channel } from './channel.js';
import { translated } from '../document/translate.js';

/** Gives it back. @returns Why the server does not take it, if it does not: it was not held any more. */
export function giveBack(channel: Channel, kind: Kind, key: string, token: string): Promise<RootError | undefined> {
  const { where } = channel.connection;
  return channel
    .ask<{ readonly refusal?: RootError }>({
      text: releaseLine(kind, key, token),
      read: (line) => {
        if (line !== 'ok' && !isRefusal(line)) return undefined;
        channel.holdings.drop(token);
        return line === 'ok' ? {} : { refusal: errorOf(line, { what: `release '${key}'`, where, name: key }) };
      },
    })
    .then(({ refusal }) => translated(refusal) as RootError | undefined);
}

/** The same for what nobody waits for. */
export function handBack(channel: Channel, kind: Kind, key: string, token: string): void {
  giveBack(channel, kind, key, token).catch(() => {
    // It ends with its lease or its connection.
  });
}
