import { errorOf, isRefusal, readGrant, readRenewal, type Granted } from '../../backends/dflockd/answer.js';
import { releaseLine, waitLine, type Kind } from '../../backends/dflockd/commands.js';
import { systemClock } from '../../clock.js';
import { LockLostError, type LockError as RootError } from '../../errors.js';
import type { Ask } from './ask.js';
import type { Channel } from './channel.js';
import { AcquireTimeoutError } from './errors.js';
import { translated } from './translate.js';

/** A grant that took a larger part of its lease, or of the server's patience, to come is confirmed before it is believed. */
const FRESH = 0.4;

/** What is wanted. */
export interface Wanted {
  readonly kind: Kind;
  readonly key: string;
  /** Seconds; the server's default if it is absent. */
  readonly lease: number | undefined;
  /** Of a semaphore. */
  readonly limit: number | undefined;
}

/** A grant, and when the request was sent that last confirmed it. */
export interface Confirmed extends Granted {
  readonly sentAt: number;
}

/** Takes it, waiting at most so many seconds. */
export async function take(channel: Channel, wanted: Wanted, wait: number): Promise<Confirmed> {
  const { kind, key, lease, limit } = wanted;
  const text = `${kind}l\n${key}\n${words(wait, limit, lease)}\n`;
  const what = { what: 'acquire', where: channel.connection.where, name: key, limit };
  const granted = await channel.ask<Confirmed>({
    text,
    wait,
    read: (line, asked) =>
      readTaken(channel, wanted, line, asked) ??
      (line === 'timeout' ? new AcquireTimeoutError(key) : refusalOf(line, what)),
  });
  const age = systemClock.elapsed() - granted.sentAt;
  const patience = Math.min(granted.lease * 1000, channel.connection.bound.ttl);
  return age < patience * FRESH ? granted : confirm(channel, wanted, granted);
}

/** Takes it, or a place in its queue. */
export function takePlace(channel: Channel, wanted: Wanted): Promise<Confirmed | 'queued'> {
  const { kind, key, lease, limit } = wanted;
  const what = { what: 'enqueue', where: channel.connection.where, name: key, limit };
  return channel.ask<Confirmed | 'queued'>({
    text: `${kind}e\n${key}\n${words(limit, lease)}\n`,
    read: (line, asked) =>
      line === 'queued' ? line : (readTaken(channel, wanted, line, asked) ?? refusalOf(line, what)),
  });
}

/** Waits in the queue. A lease may have run out there, and the server may not say so: only a renewal tells. */
export async function awaitTurn(channel: Channel, wanted: Wanted, wait: number): Promise<Confirmed> {
  const { kind, key } = wanted;
  const what = { what: 'wait', where: channel.connection.where, name: key };
  const granted = await channel.ask<Confirmed>({
    text: waitLine(kind, key, wait),
    wait,
    read: (line, asked) =>
      readTaken(channel, wanted, line, asked) ??
      (line === 'timeout' ? new AcquireTimeoutError(key) : refusalOf(line, what)),
  });
  return confirm(channel, wanted, granted);
}

/** Renews it. @returns The seconds that remain. */
export async function extend(
  channel: Channel,
  kind: Kind,
  key: string,
  token: string,
  lease: number | undefined,
): Promise<number> {
  const { remaining } = await renewal(channel, kind, key, token, lease);
  return remaining;
}

/** Gives it back. */
export async function giveBack(channel: Channel, kind: Kind, key: string, token: string): Promise<void> {
  const what = { what: 'release', where: channel.connection.where, name: key };
  await channel.ask({
    text: releaseLine(kind, key, token),
    read: (line) => {
      if (line !== 'ok' && !isRefusal(line)) return undefined;
      channel.drop(token);
      return line === 'ok' ? line : refusalOf(line, what);
    },
  });
}

async function confirm(channel: Channel, wanted: Wanted, granted: Confirmed): Promise<Confirmed> {
  const { kind, key } = wanted;
  const { token, lease } = granted;
  try {
    const { remaining, sentAt } = await renewal(channel, kind, key, token, lease);
    return { token, lease: Math.min(lease, remaining), sentAt };
  } catch (error) {
    // Whether it is there or not, nobody will use it.
    abandon(channel, kind, key, token);
    throw error;
  }
}

function renewal(
  channel: Channel,
  kind: Kind,
  key: string,
  token: string,
  wanted: number | undefined,
): Promise<{ readonly remaining: number; readonly sentAt: number }> {
  const held = channel.find(token);
  // Without a lease the server would fall back to its default.
  const lease = wanted ?? held?.lease;
  return channel.ask({
    text: `${kind}n\n${key}\n${words(token, lease)}\n`,
    read: (line, { sentAt }) => {
      const remaining = readRenewal(line);
      if (remaining === undefined) {
        if (line !== 'error' && line !== 'error_lease_expired') {
          return refusalOf(line, { what: 'renew', where: channel.connection.where, name: key });
        }
        channel.drop(token);
        return new LockLostError(`'${key}' is not held any more, says dflockd`, { name: key, reason: 'refused' });
      }
      if (held !== undefined) {
        held.lease = lease ?? remaining;
        held.extend(systemClock.elapsed(), remaining);
      }
      return { remaining, sentAt };
    },
  });
}

/** Reads a grant; one that nobody waits for any more is given back. */
function readTaken(
  channel: Channel,
  { kind, key }: Wanted,
  line: string,
  { isLate, sentAt }: Pick<Ask<unknown>, 'isLate' | 'sentAt'>,
): Confirmed | undefined {
  const granted = readGrant(line);
  if (granted === undefined) return undefined;
  channel.take(granted.token, granted.lease);
  if (isLate) abandon(channel, kind, key, granted.token);
  return { ...granted, sentAt };
}

function abandon(channel: Channel, kind: Kind, key: string, token: string): void {
  giveBack(channel, kind, key, token).catch(() => {
    // It ends with its lease or its connection.
  });
}

function refusalOf(line: string, what: Parameters<typeof errorOf>[1]): RootError | undefined {
  if (!isRefusal(line)) return undefined;
  return translated(errorOf(line, what)) as RootError;
}

function words(...all: readonly (string | number | undefined)[]): string {
  return all.filter((word) => word !== undefined).join(' ');
}
