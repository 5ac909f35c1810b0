import type { Kind } from '../../../values/kind-of.js';

const ENCODED = /[%{}]/g;
const SUFFIXES: Readonly<Record<Kind, readonly string[]>> = {
  lock: ['x', 'f', 'h', 'i', 'q', 'a'].map((letter) => `:${letter}`),
  semaphore: ['x', 'f', 'h', 'i', 'q', 'a'].map((letter) => `:s${letter}`),
};
/** What a `SCAN` pattern takes for something else. */
const GLOB = /[*?[\]\\]/g;

/** The keys of names in Redis: all of one name have one hash tag. */
export class KeyNames {
  constructor(
    private readonly prefix: string,
    private readonly slot: string | undefined,
  ) {}

  /** Who has it alone; of a lock this exists while anybody has it. */
  main(name: string, kind: Kind = 'lock'): string {
    return this.stem(name) + (SUFFIXES[kind][0] as string);
  }

  /** Who has it alone, and its last fencing token. */
  two(name: string): readonly string[] {
    const stem = this.stem(name);
    return [`${stem}:x`, `${stem}:f`];
  }

  /** All six, in the order in which the scripts have them. */
  all(name: string, kind: Kind): readonly string[] {
    const stem = this.stem(name);
    return SUFFIXES[kind].map((suffix) => stem + suffix);
  }

  /** Since when the server has had its data. @param tag A hash tag of the slot, unless all have one. */
  cold(tag: string): string {
    return `${this.prefix}{${this.slot ?? tag}}:cold`;
  }

  /** The pattern of all locks that are held and whose names begin with a prefix. @param keyPrefix What the client puts before each key. */
  pattern(namePrefix: string, keyPrefix: string): string {
    const { before, after } = this.around;
    return `${escape(keyPrefix + before + encode(namePrefix))}*${escape(after)}:x`;
  }

  /** The name that a key is of; `undefined` if it is of none. */
  nameOf(key: string): string | undefined {
    const { before, after } = this.around;
    const end = `${after}:x`;
    if (!key.startsWith(before) || !key.endsWith(end)) return undefined;
    try {
      return decodeURIComponent(key.slice(before.length, -end.length).replace(/%(?!7B|7D|25)/g, '%25'));
    } catch {
      return undefined;
    }
  }

  private stem(name: string): string {
    const { before, after } = this.around;
    return before + encode(name) + after;
  }

  private get around(): { readonly before: string; readonly after: string } {
    const { prefix, slot } = this;
    return slot === undefined ? { before: `${prefix}{`, after: '}' } : { before: `${prefix}{${slot}}`, after: '' };
  }
}

function encode(text: string): string {
  return text.replace(ENCODED, encodeURIComponent);
}

function escape(text: string): string {
  return text.replace(GLOB, '\\$&');
}
