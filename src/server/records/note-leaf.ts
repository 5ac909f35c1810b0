import { Leaf } from './leaf.js';

const LETTER = 'n';

/** Something that a front noted. */
export class NoteLeaf extends Leaf {
  /** @param value Undefined: it is no more. */
  constructor(
    readonly key: string,
    public value: unknown,
  ) {
    super();
  }

  text(): string | undefined {
    return JSON.stringify(this.value);
  }

  stored(): void {
    // As it is now, or there is a later batch.
  }

  failed(): boolean {
    return false;
  }
}

/** The ledger's key of a note. As JSON, since not every string is text. */
export function noteKey(front: string, key: string): string {
  return LETTER + JSON.stringify([front, key]);
}

/** @returns Undefined for what is no note's key. */
export function readNoteKey(key: string): readonly [front: string, key: string] | undefined {
  if (!key.startsWith(LETTER)) return undefined;
  return JSON.parse(key.slice(LETTER.length)) as [string, string];
}
