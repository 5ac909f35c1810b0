import type { LockError } from '../../../contract/errors.js';
import { MAX_LINE } from './line-reader.js';

/** Something that is asked on a connection, once. It has its slot in the order of answers, whoever waits for it. */
export abstract class Question {
  /** When it was sent, or handed over to be sent; on `clock.elapsed`. */
  declare sentAt: number;
  /** It was not answered in time. */
  declare isLate: boolean;
  /** May its answer take any time? */
  declare readonly isPatient: boolean;
  /** The longest answer, in bytes. */
  declare readonly longest: number;

  /** No initial values of fields: V8 defines those slowly, microseconds for each question, where a class has many kinds. */
  constructor() {
    this.sentAt = 0;
    this.isLate = false;
    this.isPatient = false;
    this.longest = MAX_LINE;
  }

  /** Does anybody wait for its answer? */
  isWanted(): boolean {
    return true;
  }

  /** @returns False if that is no answer to this question: then nothing on the connection can be trusted any more. */
  abstract answered(line: string): boolean;

  /** There will be no answer. */
  abstract failed(error: LockError): void;

  /** There was no answer in time; it may still come. */
  late(_error: LockError): void {
    // Whoever has a time limit of his own need not be told.
  }
}
