import { filter, firstValueFrom, from, map, merge, timer } from 'rxjs';
import { systemClock } from '../../../values/system-clock.js';
import { systemScheduler } from '../../../values/system-scheduler.js';
import { endOf } from '../../../keeping/bounds.js';
import { SAFETY_FACTOR } from '../../../keeping/lease-rule.js';
import { LockLostError } from '../../../contract/errors.js';
import type { Channel } from './channel.js';
import { extend } from './extend.js';
import { handBack } from './give-back.js';
import { translated } from '../document/translate.js';
import type { Confirmed, Wanted } from './wanted.js';

/** A grant that took a larger part of its lease, or of the server's patience, to come is confirmed before it is believed. */
const FRESH = 0.4;
/** So long a confirmation is waited for that is not needed. Milliseconds. */
const GRACE = 500;

/** Makes sure of a grant that was long in coming. */
export async function prove(channel: Channel, wanted: Wanted, granted: Confirmed): Promise<Confirmed> {
  return spareOf(channel, granted, FRESH) > 0 ? granted : orHandBack(channel, wanted, granted, confirm);
}

/**
 * Makes sure of a grant that came in a queue: its lease may have run out there, and the server may not say so. A renewal
 * tells. Where so little time has passed since the place was taken that it cannot have run out, a renewal that is not
 * answered proves nothing against it.
 */
export function proveTurn(channel: Channel, wanted: Wanted, granted: Confirmed): Promise<Confirmed> {
  return orHandBack(channel, wanted, granted, () => {
    const spare = spareOf(channel, granted, FRESH);
    if (!(spare > 0)) return confirm(channel, wanted, granted);
    const unanswered = timer(Math.min(spare, GRACE), systemScheduler).pipe(
      // A process that stood still meanwhile has not read the answer yet.
      filter(() => spareOf(channel, granted, SAFETY_FACTOR) > 0),
      map(() => granted),
    );
    return firstValueFrom(merge(from(confirm(channel, wanted, granted)), unanswered));
  });
}

async function confirm(channel: Channel, wanted: Wanted, granted: Confirmed): Promise<Confirmed> {
  const { token, lease, renewal } = granted;
  // Where somebody else asks as well, a plain yes may be for him.
  const { isShared } = channel.connection;
  const { remaining, isTold, sentAt } = await extend(channel, { ...wanted, lease: renewal }, token, isShared);
  const sure = Math.min(renewal, remaining);
  return { token, lease: isTold ? sure : lease, sure, renewal, sentAt };
}

/** If it is not proven, nobody will use it, whether it is there or not. */
async function orHandBack(
  channel: Channel,
  wanted: Wanted,
  granted: Confirmed,
  proof: typeof confirm,
): Promise<Confirmed> {
  try {
    const proven = await proof(channel, wanted, granted);
    if (spareOf(channel, proven, SAFETY_FACTOR) > 0) return proven;
    const { key } = wanted;
    throw translated(new LockLostError(`'${key}' ran out before it was confirmed`, { name: key, reason: 'expired' }));
  } catch (error) {
    if (channel.holdings.find(granted.token) !== undefined) handBack(channel, wanted.kind, wanted.key, granted.token);
    throw error;
  }
}

/** How long such a part of it lasts. Milliseconds; NaN where nobody knows since when its lease runs. */
function spareOf({ connection }: Channel, { sure, sentAt }: Confirmed, part: number): number {
  systemClock().sync?.();
  return endOf({ sentAt, ttl: Math.min(sure * 1000, connection.bound.ttl) }, part) - systemClock().elapsed();
}
