import { errorOf, isRefusal, readRenewal } from '../../../backends/dflockd/wire/answer.js';
import { renewLine } from '../../../backends/dflockd/wire/commands.js';
import { systemClock } from '../../../values/system-clock.js';
import { SAFETY_FACTOR } from '../../../keeping/lease-rule.js';
import { LockLostError } from '../../../contract/errors.js';
import type { Channel } from './channel.js';
import type { Wanted } from './wanted.js';

/** What a renewal confirmed. */
export interface Extended {
  /** Seconds; 0 if the server did not say. */
  readonly remaining: number;
  readonly sentAt: number;
}

/**
 * Renews it. Without a lease of its own that is the one that it was granted for: the server would fall back to its default.
 *
 * @param blank An answer that says nothing, where that is enough.
 */
export function extend(channel: Channel, wanted: Wanted, token: string, blank?: string): Promise<Extended> {
  const { kind, key, lease = channel.holdings.leaseOf(token) } = wanted;
  return channel.ask<Extended>({
    text: renewLine(kind, key, token, lease),
    read: (line, { sentAt }) => {
      const remaining = readRenewal(line);
      if (remaining !== undefined) {
        channel.holdings.confirm({ kind, key, lease }, { token, lease: remaining }, sentAt);
        if (systemClock().elapsed() < sentAt + SAFETY_FACTOR * remaining * 1000) return { remaining, sentAt };
        return new LockLostError(`'${key}' ran out before its renewal was answered`, { name: key, reason: 'expired' });
      }
      if (line === blank) return { remaining: 0, sentAt };
      if (line === 'error' || line === 'error_lease_expired') {
        channel.holdings.refuse(token);
        return new LockLostError(`'${key}' is not held any more, says dflockd`, { name: key, reason: 'refused' });
      }
      const { where } = channel.connection;
      return isRefusal(line) ? errorOf(line, { what: `renew '${key}'`, where, name: key }) : undefined;
    },
  });
}
