import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

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

  private constructor(
    private readonly file: number,
    private readonly format: number,
  ) {}

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
    return new Mark(openSync(join(dir, NAME), 'r+'), format);
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
