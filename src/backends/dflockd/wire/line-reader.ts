import { isUtf8 } from 'node:buffer';

/** The longest answer to anything but a question about everything, and the longest signal. Bytes. */
export const MAX_LINE = 1024;
/** The longest answer of all: what `stats` says of a hundred thousand locks. Bytes. */
export const MAX_LONG_LINE = 64 * 1024 * 1024;

/** Cuts what a connection brings into lines. Of a line that has not ended yet it keeps no more than is allowed. */
export class LineReader {
  private parts: string[] = [];
  private size = 0;

  /**
   * @param limit How long a line may be now, in bytes.
   * @param read Called with each line, of which each character is one byte, without its end: LF, or CR LF.
   */
  constructor(
    private readonly limit: () => number,
    private readonly read: (line: string) => void,
  ) {}

  /** @returns False if a line is too long; nothing can be read from then on. */
  push(chunk: Buffer): boolean {
    const text = chunk.toString('latin1');
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      const last = text.slice(start, end);
      if (this.size + last.length > this.limit()) return false;
      start = end + 1;
      const line = this.take(last);
      this.read(line.endsWith('\r') ? line.slice(0, -1) : line);
    }
    const rest = start === 0 ? text : text.slice(start);
    if (rest === '') return true;
    this.size += rest.length;
    this.parts.push(rest);
    // Byte by byte, a line would have an object for each.
    if (this.parts.length > 64) this.parts = [this.parts.join('')];
    return this.size <= this.limit();
  }

  private take(last: string): string {
    if (this.size === 0) return last;
    this.parts.push(last);
    const line = this.parts.join('');
    this.parts = [];
    this.size = 0;
    return line;
  }
}

/** What the bytes of a line mean as text. Undefined if they are none. */
export function decodeLine(line: string): string | undefined {
  if (ASCII.test(line)) return line;
  const bytes = Buffer.from(line, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}

const ASCII = /^[\0-\x7f]*$/;
