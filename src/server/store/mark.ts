import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
  type BigIntStats,
} from 'node:fs';
import { join, resolve } from 'node:path';

const NAME = 'mark';
const PATTERN = /^rxlock data, format (\d+), batch (\d+), token (\d+)\n$/;
/** As many digits as any number has: it is written over, and never gets shorter. */
const DIGITS = 16;

/** What the mark of a store says. */
export interface Marked {
  /** Of all that is in the store. */
  readonly format: number;
  /** A batch that was certainly written. */
  readonly number: number;
  /** The highest fencing token in it. */
  readonly token: number;
}

/**
 * The file beside the database that says how far it has come. It is written over after each batch, and not waited for: so it may lag, but is never ahead.
 * A database that has lost its last batches does not know that; whoever reads the mark does.
 */
export class Mark {
  /** What is left of one if its making was cut off. */
  static readonly draft = `${NAME}.new`;

  private readonly own: BigIntStats;

  private constructor(
    private readonly path: string,
    private readonly file: number,
    private readonly format: number,
  ) {
    this.own = fstatSync(file, { bigint: true });
  }

  /** Is it still where it was? Whoever removes or moves the directory leaves it to somebody else, and what is written there is never found again. */
  get isThere(): boolean {
    try {
      const { dev, ino } = statSync(this.path, { bigint: true });
      return dev === this.own.dev && ino === this.own.ino;
    } catch {
      return false;
    }
  }

  /** @returns Undefined: there is none; `'damaged'`: there is, and cannot be understood. */
  static read(dir: string): Marked | 'damaged' | undefined {
    let text: string;
    try {
      text = readFileSync(join(dir, NAME), 'latin1');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    const found = PATTERN.exec(text);
    if (found === null) return 'damaged';
    const [format = 0, number = 0, token = 0] = found.slice(1).map(Number);
    return { format, number, token };
  }

  /** Makes it, all of it or nothing. */
  static create(dir: string, marked: Marked): void {
    const path = join(dir, NAME);
    const draft = join(dir, Mark.draft);
    writeFileSync(draft, textOf(marked), { flush: true, mode: 0o600 });
    renameSync(draft, path);
    syncDirectory(dir);
  }

  /** For writing. */
  static open(dir: string, format: number): Mark {
    const path = resolve(dir, NAME);
    return new Mark(path, openSync(path, 'r+'), format);
  }

  write(number: number, token: number): void {
    writeSync(this.file, textOf({ format: this.format, number, token }), 0, 'latin1');
  }

  close(): void {
    closeSync(this.file);
  }
}

function textOf({ format, number, token }: Marked): string {
  const digits = (value: number): string => String(value).padStart(DIGITS, '0');
  return `rxlock data, format ${String(format)}, batch ${digits(number)}, token ${digits(token)}\n`;
}

/** Some systems cannot; they do without. */
function syncDirectory(dir: string): void {
  try {
    const file = openSync(dir, 'r');
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch {
    // Not on Windows.
  }
}
