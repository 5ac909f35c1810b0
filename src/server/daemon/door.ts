import { LockConfigError } from '../../contract/errors.js';
import type { Listener } from '../net/listener.js';
import { showAddress, type Endpoint } from './address.js';
import type { PortName } from './settings.js';

/** A port that is to be listened to, and what for. */
export interface Door {
  readonly names: readonly PortName[];
  readonly endpoint: Endpoint;
  open(): Promise<Listener>;
  /** Grants nothing any more to who is there. */
  drain(): void;
  /** For one that was not opened: nothing is left of what is spoken there. */
  close(): Promise<void>;
}

/** A port that is listened to. */
export interface OpenDoor {
  readonly door: Door;
  readonly listener: Listener;
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something else listens there already: stop it, or take another port',
  EACCES: 'this user may not listen there: take a port from 1024 on',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'there is no host of that name',
};

/**
 * Opens all of them, or none.
 *
 * @throws LockConfigError that says which of them cannot be listened to, and why.
 */
export async function openDoors(doors: readonly Door[]): Promise<readonly OpenDoor[]> {
  const open: OpenDoor[] = [];
  for (const door of doors) {
    try {
      open.push({ door, listener: await door.open() });
    } catch (error) {
      await Promise.all([
        ...open.map(({ listener }) => listener.close()),
        ...doors.slice(open.length).map((one) => one.close()),
      ]);
      throw cannotListen(door, error);
    }
  }
  return open;
}

function cannotListen({ names, endpoint }: Door, error: unknown): Error {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const name = names[0];
  return new LockConfigError(
    `${String(name)}: cannot listen at ${showAddress(endpoint)}: ${REASONS[code] ?? message}`,
    {
      option: name,
      cause: error,
    },
  );
}
