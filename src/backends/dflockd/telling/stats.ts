import { decodeLine } from '../wire/line-reader.js';

/** More a server of this protocol cannot count, in 64 bits of nanoseconds; and no date goes much further. */
const MAX_SECONDS = 9_223_372_036;

/** A lock that is held or waited for. */
export interface DflockdLockStats {
  readonly key: string;
  /** The connection that owns it, by the server's count; 0 if nobody does. */
  readonly connection: number;
  /** Milliseconds until it runs out. */
  readonly expiresIn: number;
  readonly waiters: number;
}

/** A semaphore that is held or waited for. */
export interface DflockdSemaphoreStats {
  readonly key: string;
  readonly limit: number;
  readonly holders: number;
  readonly waiters: number;
}

/** A key that nobody holds, but that the server remembers. */
export interface DflockdIdleStats {
  readonly key: string;
  /** Milliseconds since it was last used. */
  readonly idle: number;
}

/** Who listens for signals. */
export interface DflockdChannelStats {
  readonly pattern: string;
  readonly group?: string;
  readonly listeners: number;
}

/** What one server says of itself. */
export interface DflockdStats {
  /** How many connections are open, this one included. */
  readonly connections: number;
  readonly locks: readonly DflockdLockStats[];
  readonly semaphores: readonly DflockdSemaphoreStats[];
  readonly idleLocks: readonly DflockdIdleStats[];
  readonly idleSemaphores: readonly DflockdIdleStats[];
  /** Empty where the server has no signals. */
  readonly signalChannels: readonly DflockdChannelStats[];
}

/** @returns `undefined` for anything else. What is missing is nothing, what is no number is 0. */
export function readStats(line: string): DflockdStats | undefined {
  if (!line.startsWith('ok {')) return undefined;
  const text = decodeLine(line.slice(3));
  const json = text === undefined ? undefined : parse(text);
  if (json === undefined) return undefined;
  return {
    connections: number(json, 'connections'),
    locks: list(json, 'locks').map((lock) => ({
      key: string(lock, 'key'),
      connection: number(lock, 'owner_conn_id'),
      expiresIn: milliseconds(lock, 'lease_expires_in_s'),
      waiters: number(lock, 'waiters'),
    })),
    semaphores: list(json, 'semaphores').map((semaphore) => ({
      key: string(semaphore, 'key'),
      limit: number(semaphore, 'limit'),
      holders: number(semaphore, 'holders'),
      waiters: number(semaphore, 'waiters'),
    })),
    idleLocks: list(json, 'idle_locks').map(readIdle),
    idleSemaphores: list(json, 'idle_semaphores').map(readIdle),
    signalChannels: list(json, 'signal_channels').map((channel) => {
      const group = string(channel, 'group');
      const read = { pattern: string(channel, 'pattern'), listeners: number(channel, 'listeners') };
      return group === '' ? read : { ...read, group };
    }),
  };
}

type Json = Readonly<Record<string, unknown>>;

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    // The parser's message quotes the text, which may hold anything.
    return undefined;
  }
}

function readIdle(json: Json): DflockdIdleStats {
  return { key: string(json, 'key'), idle: milliseconds(json, 'idle_s') };
}

function list(json: Json, field: string): readonly Json[] {
  const value = json[field];
  if (!Array.isArray(value)) return [];
  return value.filter((item): item is Json => typeof item === 'object' && item !== null);
}

function string(json: Json, field: string): string {
  const value = json[field];
  return typeof value === 'string' ? value : '';
}

function number(json: Json, field: string): number {
  const value = json[field];
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : 0;
}

function milliseconds(json: Json, field: string): number {
  return Math.round(Math.min(number(json, field), MAX_SECONDS) * 1000);
}
