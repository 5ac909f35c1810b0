import type { Place } from '../../table/place.js';
import { ChurnMap } from '../../values/churn-map.js';
import { CheckSum, digestInto } from './check-sum.js';
import { GrantLeaf } from './grant-leaf.js';
import { HEAD, headText } from './head.js';
import type { Leaf } from './leaf.js';
import type { LedgerBatch } from '../ledger.js';
import { NoteLeaf, noteKey } from './note-leaf.js';
import type { Entries, LedgerContents } from './read-entries.js';

/** So far is the first token of a start above the last that was stored: more than were ever seen, and not stored any more. */
const LEAP = 2 ** 20;

/** All that is stored, or to be: each grant and each note, as a leaf. */
export class Book {
  private readonly grants = new ChurnMap<number, GrantLeaf>();
  private readonly noted = new Map<string, Map<string, NoteLeaf>>();
  private sum: CheckSum;
  /** The highest that was given out. */
  lastToken: number;

  constructor({ head, sum, grants, notes }: LedgerContents) {
    this.sum = sum;
    this.lastToken = head.number === 0 && head.lastToken === 0 ? 0 : head.lastToken + LEAP;
    for (const grant of grants) this.grants.set(grant.token, grant);
    for (const [front, key, leaf] of notes) this.notesOf(front).set(key, leaf);
  }

  grantOf({ token }: Place): GrantLeaf | undefined {
    return this.grants.get(token);
  }

  add(place: Place): GrantLeaf {
    const grant = new GrantLeaf(place.token, undefined);
    grant.seat(place);
    this.grants.set(place.token, grant);
    this.lastToken = Math.max(this.lastToken, place.token);
    return grant;
  }

  /** @param before The token that it had. */
  renumber(place: Place, before: number): { readonly old: GrantLeaf; readonly grant: GrantLeaf } {
    const old = this.grants.get(before);
    if (old === undefined) throw new TypeError('there is no grant of that token');
    this.end(old);
    const grant = this.add(place);
    grant.follow(old);
    return { old, grant };
  }

  end(grant: GrantLeaf): void {
    grant.isOver = true;
    this.grants.delete(grant.token);
  }

  /** Those of before the start in which nobody sits yet. In the order in which they were granted. */
  get vacant(): readonly GrantLeaf[] {
    return [...this.grants.values()].filter(({ place }) => place === undefined);
  }

  notes(front: string): Map<string, unknown> {
    return new Map(Array.from(this.notesOf(front), ([key, { value }]) => [key, value]));
  }

  /** @param value Undefined: the note is no more. */
  note(front: string, key: string, value: unknown): NoteLeaf | undefined {
    const notes = this.notesOf(front);
    const known = notes.get(key);
    if (known === undefined && value === undefined) return undefined;
    const leaf = known ?? new NoteLeaf(noteKey(front, key), value);
    leaf.value = value;
    if (value === undefined) notes.delete(key);
    else notes.set(key, leaf);
    return leaf;
  }

  /** What is to be written of these leaves, with the head. */
  batch(number: number, leaves: Iterable<Leaf>): LedgerBatch {
    const puts: [string, string][] = [];
    const deletes: string[] = [];
    for (const leaf of leaves) {
      const text = leaf.text();
      const { key } = leaf;
      if (leaf.isStored) this.sum.remove(leaf);
      if (text !== undefined) {
        digestInto(leaf, key, text);
        this.sum.add(leaf);
        puts.push([key, text]);
      } else if (leaf.isStored) deletes.push(key);
      leaf.isStored = text !== undefined;
    }
    puts.push([HEAD, headText(number, this.lastToken, this.sum)]);
    return { number, token: this.lastToken, puts, deletes };
  }

  /** What is to be written so that all is as it is now, whatever was there. */
  difference(number: number, entries: Entries): LedgerBatch {
    this.sum = new CheckSum();
    const leaves = [...this.leaves()];
    for (const leaf of leaves) leaf.isStored = false;
    const { puts } = this.batch(number, leaves);
    const wanted = new Set(puts.map(([key]) => key));
    return {
      number,
      token: this.lastToken,
      puts: puts.filter(([key, text]) => entries.get(key) !== text),
      deletes: [...entries.keys()].filter((key) => !wanted.has(key)),
    };
  }

  *leaves(): Generator<Leaf> {
    yield* this.grants.values();
    for (const notes of this.noted.values()) yield* notes.values();
  }

  private notesOf(front: string): Map<string, NoteLeaf> {
    let notes = this.noted.get(front);
    if (notes === undefined) this.noted.set(front, (notes = new Map<string, NoteLeaf>()));
    return notes;
  }
}
