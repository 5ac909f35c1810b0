import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { firstHead, HEAD } from '../records/head.js';
import type { Ledger } from '../ledger.js';
import { readEntries, type LedgerContents } from '../records/read-entries.js';
import { destroyDatabase, entriesOf, openDatabase, type Database } from './database.js';
import { LevelLedger } from './level-ledger.js';
import { makeDirectory } from './make-directory.js';
import { Mark, type Marked } from './mark.js';
import { damaged, foreign, newer, openTrouble, unusable } from './start-trouble.js';

/** What this program writes, and all that it reads. A change of what is stored is another. */
const FORMAT = 1;
/** The database, in the directory. */
const LOCKS = 'locks';
/** A file by which somebody says that all may be forgotten. */
const AFRESH = 'afresh';

/**
 * Opens what a server keeps of its locks, and makes it if there is nothing yet.
 *
 * @param dir A directory of its own on a disk of this machine. No other server may use it meanwhile.
 * @throws LockConfigError saying what to do: it is in use, was written by a newer version, is damaged, cannot be read or written; or the package
 * `classic-level` is missing.
 */
export async function openStore(dir: string): Promise<Ledger> {
  const found = lookAt(dir);
  const isAfresh = existsSync(join(dir, AFRESH));
  const path = join(dir, LOCKS);
  if (found === 'damaged' && !isAfresh) throw damaged(dir, 'its mark cannot be read', undefined);
  const known = found === 'damaged' ? undefined : found;
  const isNew = known === undefined || isAfresh;
  try {
    if (isAfresh) await destroyDatabase(path);
    const database = await openDatabase(path, isNew);
    try {
      const contents = isNew ? await begin(dir, database, known) : await goOn(database, known);
      const mark = Mark.open(dir, FORMAT);
      return new LevelLedger(path, database, mark, contents);
    } catch (error) {
      await database.close();
      throw error;
    }
  } catch (error) {
    throw openTrouble(dir, error, known?.token);
  }
}

/** @returns Undefined: there is nothing yet, or what a first start has left that was cut off. */
function lookAt(dir: string): Marked | 'damaged' | undefined {
  try {
    makeDirectory(dir);
  } catch (error) {
    throw unusable(dir, error);
  }
  try {
    const found = Mark.read(dir);
    if (found === undefined && readdirSync(dir).some((name) => ![LOCKS, AFRESH, Mark.draft].includes(name)))
      throw foreign(dir);
    if (typeof found === 'object' && found.format > FORMAT) throw newer(dir, found.format, FORMAT);
    return found;
  } catch (error) {
    throw openTrouble(dir, error, undefined);
  }
}

/** Makes it. A first start may have been cut off, in which nothing was granted. */
async function begin(dir: string, database: Database, before: Marked | undefined): Promise<LedgerContents> {
  const token = before?.token ?? 0;
  const entries = await entriesOf(database);
  if (entries.size === 0) {
    entries.set(HEAD, firstHead(token));
    await database.put(HEAD, firstHead(token), { sync: true });
  }
  const contents = readEntries(entries);
  if (contents.head.number > 0) throw new Error('its mark is missing');
  Mark.create(dir, { format: FORMAT, number: 0, token });
  rmSync(join(dir, AFRESH), { force: true });
  return contents;
}

async function goOn(database: Database, { number }: Marked): Promise<LedgerContents> {
  const contents = readEntries(await entriesOf(database));
  if (contents.head.number < number) throw new Error('the last that was written is missing');
  return contents;
}
