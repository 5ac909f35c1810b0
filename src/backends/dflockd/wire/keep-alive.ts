import { MAX_LONG_LINE } from './line-reader.js';
import { Question } from './question.js';

/** Asked so that a connection is not silent. */
export class KeepAlive extends Question {
  override readonly longest = MAX_LONG_LINE;

  override isWanted(): boolean {
    return false;
  }

  answered(line: string): boolean {
    return line.startsWith('ok ');
  }

  failed(): void {
    // What hangs on the connection is told otherwise.
  }
}
