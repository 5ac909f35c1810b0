import { CheckSum, digestInto } from './check-sum.js';
import { readGrant, type GrantLeaf } from './grant-leaf.js';
import { HEAD, readHead, type Head } from './head.js';
import { NoteLeaf, readNoteKey } from './note-leaf.js';

/** What is in a ledger, by key. */
export type Entries = ReadonlyMap<string, string>;

/** What a ledger holds, understood. */
export interface LedgerContents {
  readonly head: Head;
  readonly sum: CheckSum;
  readonly grants: readonly GrantLeaf[];
  readonly notes: readonly (readonly [front: string, key: string, leaf: NoteLeaf])[];
}

/**
 * Understands all entries of a ledger.
 *
 * @throws Error saying what is wrong with them: some are missing, or are not what was written.
 */
export function readEntries(entries: Entries): LedgerContents {
  const grants: GrantLeaf[] = [];
  const notes: (readonly [string, string, NoteLeaf])[] = [];
  const sum = new CheckSum();
  const text = entries.get(HEAD);
  if (text === undefined) throw new Error('its head is missing');
  const head = readHead(text);
  // Before anything is understood: what is damaged may be anything.
  for (const [key, entry] of entries) {
    if (key === HEAD) continue;
    const digest = { high: 0, low: 0 };
    digestInto(digest, key, entry);
    sum.add(digest);
  }
  if (sum.count !== head.count)
    throw new Error(`it has ${String(sum.count)} entries, and should have ${String(head.count)}`);
  if (sum.high !== head.high || sum.low !== head.low) throw new Error('its check sum is wrong');
  for (const [key, entry] of entries) {
    if (key === HEAD) continue;
    const grant = readGrant(key, entry);
    const note = readNoteKey(key);
    const leaf = grant ?? (note === undefined ? undefined : new NoteLeaf(key, JSON.parse(entry)));
    if (leaf === undefined) throw new Error('it has an entry of an unknown kind');
    leaf.isStored = true;
    digestInto(leaf, key, entry);
    if (grant !== undefined) grants.push(grant);
    else if (note !== undefined) notes.push([note[0], note[1], leaf as NoteLeaf]);
  }
  return { head, sum, grants, notes };
}
