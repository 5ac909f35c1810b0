import { errorOf, isRefusal } from '../../../backends/dflockd/wire/answer.js';
import { renewLine } from '../../../backends/dflockd/wire/commands.js';
import { LockLostError } from '../../../contract/errors.js';
import { endOf } from '../../../keeping/bounds.js';
import { SAFETY_FACTOR } from '../../../keeping/lease-rule.js';
import { systemClock } from '../../../values/system-clock.js';
import type { Channel } from './channel.js';
import { readRenewal } from './told.js';
import type { Wanted } from './wanted.js';

/** What a renewal confirmed. */
export interface Extended {
  /** Seconds; 0 if the server says so, which confirms nothing. */
  readonly remaining: number;
  /** Did the server say so itself? */
  readonly isTold: boolean;
  readonly sentAt: number;
}

/**
 * Renews it. Without a lease of its own that is the one that it was granted for: the server would fall back to its default.
 *
 * @param mustTell Is an answer that does not say for how long no answer? By default it stands for what was asked for.
 */
export function extend(channel: Channel, wanted: Wanted, token: string, mustTell = false): Promise<Extended> {
  const { kind, key, lease = channel.holdings.renewalOf(token) } = wanted;
  return channel.ask<Extended>({
    text: renewLine(kind, key, token, lease),
    read: (line, { sentAt }) => {
      const told = readRenewal(line, lease);
      if (told !== undefined) {
        const { seconds: remaining, isTold } = told;
        if (mustTell && !isTold) return undefined;
        if (remaining === 0) return { remaining, isTold, sentAt };
        channel.holdings.confirm({ kind, key, lease }, token, remaining, sentAt);
        const end = endOf({ sentAt, ttl: remaining * 1000 }, SAFETY_FACTOR);
        if (systemClock().elapsed() < end) return { remaining, isTold, sentAt };
        return new LockLostError(`'${key}' ran out before its renewal was answered`, { name: key, reason: 'expired' });
      }
      if (line === 'error' || line === 'error_lease_expired') {
        channel.holdings.refuse(token);
        return new LockLostError(`'${key}' is not held any more, says dflockd`, { name: key, reason: 'refused' });
      }
      const { where } = channel.connection;
      return isRefusal(line) ? errorOf(line, { what: `renew '${key}'`, where, name: key }) : undefined;
    },
  });
}
