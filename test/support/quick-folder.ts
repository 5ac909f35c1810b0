import { accessSync, constants, mkdtempSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where Linux has files in memory. */
const MEMORY = '/dev/shm';
/** Bytes that shall be free there. */
const ENOUGH = 2 ** 28;

/**
 * Makes a folder for what a server stores, in memory where there is room for that: tests end processes and no machine, so what is
 * written need not reach a disk, for which a busy one takes a second.
 *
 * @param name A part of its name.
 */
export function quickFolder(name: string): string {
  return mkdtempSync(join(isRoomInMemory() ? MEMORY : tmpdir(), `rxlock-${name}-`));
}

function isRoomInMemory(): boolean {
  try {
    accessSync(MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize > ENOUGH;
  } catch {
    return false;
  }
}
