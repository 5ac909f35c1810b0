/** The three lines of a request: command, key, argument. */
export type Frame = readonly [command: string, key: string, argument: string];

/** The longest line, in bytes, without its line feed. */
export const MAX_LINE = 256;

const CARRIAGE_RETURN = 13;

/**
 * Cuts what arrives into requests. It keeps no more than an unfinished request; what must wait is for the caller to
 * bound, by `size`.
 */
export class FrameReader {
  private text = '';
  private at = 0;
  /** In the middle of a line that is too long, of which nothing is kept. */
  private isDropping = false;
  private isOver = false;

  /** How many characters wait to be read. */
  get size(): number {
    return this.text.length - this.at;
  }

  push(text: string): void {
    if (this.isOver) return;
    if (this.isDropping) this.drop(text);
    else this.text = this.at === this.text.length ? text : this.text.slice(this.at) + text;
    this.at = 0;
  }

  /** Nothing more will come. */
  finish(): void {
    if (this.isDropping) this.giveUp();
  }

  /** @returns `too-long`: a line was, and has ended; nothing after it can be understood. */
  next(): Frame | 'incomplete' | 'too-long' {
    if (this.isOver) return 'too-long';
    if (this.isDropping) return 'incomplete';
    const { text, at } = this;
    const first = text.indexOf('\n', at);
    if (first < 0 || first - at > MAX_LINE) return this.unfinished(at, first);
    const second = text.indexOf('\n', first + 1);
    if (second < 0 || second - first - 1 > MAX_LINE) return this.unfinished(first + 1, second);
    const third = text.indexOf('\n', second + 1);
    if (third < 0 || third - second - 1 > MAX_LINE) return this.unfinished(second + 1, third);
    this.at = third + 1;
    return [line(text, at, first), line(text, first + 1, second), line(text, second + 1, third)];
  }

  private unfinished(from: number, end: number): 'incomplete' | 'too-long' {
    if (end >= 0) return this.giveUp();
    if (this.text.length - from > MAX_LINE) {
      this.isDropping = true;
      this.text = '';
    } else this.text = copyOf(this.text.slice(this.at));
    this.at = 0;
    return 'incomplete';
  }

  private drop(text: string): void {
    if (text.includes('\n')) this.giveUp();
  }

  private giveUp(): 'too-long' {
    this.isOver = true;
    this.isDropping = false;
    this.text = '';
    this.at = 0;
    return 'too-long';
  }
}

function line(text: string, from: number, end: number): string {
  let to = end;
  while (to > from && text.charCodeAt(to - 1) === CARRIAGE_RETURN) to--;
  return text.slice(from, to);
}

/** The same characters, without keeping alive the larger text that they were cut from. */
export function copyOf(text: string): string {
  return text.length < 13 ? text : Buffer.from(text, 'latin1').toString('latin1');
}
