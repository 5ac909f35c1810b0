import type * as Level from 'classic-level';
import { LockConfigError } from '../../contract/errors.js';

/** Texts by keys, in a directory that nobody else uses meanwhile. */
export type Database = Level.ClassicLevel;

/** So many entries are read at a time. */
const MANY = 1000;

/**
 * Opens a database.
 *
 * @param create Is it made if it is not there?
 * @throws LockConfigError if the package for it is not installed. What LevelDB says if it cannot be opened.
 */
export async function openDatabase(path: string, create: boolean): Promise<Database> {
  const { ClassicLevel } = await load();
  const database = new ClassicLevel(path, { createIfMissing: create });
  await database.open();
  return database;
}

/** Removes it, unless somebody uses it. */
export async function destroyDatabase(path: string): Promise<void> {
  const { ClassicLevel } = await load();
  await ClassicLevel.destroy(path);
}

async function load(): Promise<Pick<typeof Level, 'ClassicLevel'>> {
  try {
    return await import('classic-level');
  } catch (cause) {
    const message = 'a server that keeps its locks needs the package classic-level: npm install classic-level';
    throw new LockConfigError(message, { option: 'data', cause });
  }
}

/** All that is in it. */
export async function entriesOf(database: Database): Promise<Map<string, string>> {
  const entries = new Map<string, string>();
  const iterator = database.iterator();
  try {
    for (let some = await iterator.nextv(MANY); some.length > 0; some = await iterator.nextv(MANY)) {
      for (const [key, text] of some) entries.set(key, text);
    }
  } finally {
    await iterator.close();
  }
  return entries;
}
