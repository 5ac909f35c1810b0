import { errorOf, isRefusal, readRenewal } from '../../backends/dflockd/answer.js';
import { systemClock } from '../../clock.js';
import { LockLostError } from '../../errors.js';
import type { Channel } from './channel.js';
import type { Wanted } from './wanted.js';

/** A renewal whose answer took a larger part of what it confirms is none: clocks may differ in rate. */
const SAFETY = 0.8;

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
  const { kind, key } = wanted;
  const held = channel.find(token);
  const lease = wanted.lease ?? held?.lease;
  return channel.ask<Extended>({
    text: `${kind}n\n${key}\n${token}${lease === undefined ? '' : ` ${String(lease)}`}\n`,
    read: (line, { sentAt }) => {
      const remaining = readRenewal(line);
      if (remaining !== undefined) {
        const now = systemClock.elapsed();
        held?.renew(now, remaining, lease);
        if (now < sentAt + SAFETY * remaining * 1000) return { remaining, sentAt };
        return new LockLostError(`'${key}' ran out before its renewal was answered`, { name: key, reason: 'expired' });
      }
      if (line === blank) return { remaining: 0, sentAt };
      if (line === 'error' || line === 'error_lease_expired') {
        channel.refuse(token);
        return new LockLostError(`'${key}' is not held any more, says dflockd`, { name: key, reason: 'refused' });
      }
      const { where } = channel.connection;
      return isRefusal(line) ? errorOf(line, { what: `renew '${key}'`, where, name: key }) : undefined;
    },
  });
}
