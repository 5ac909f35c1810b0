import type { LockError } from '../../errors.js';
import { MAX_LINE } from './line-reader.js';

/** Something that is asked on a connection, once. It has its slot in the order of answers, whoever waits for it. */
export abstract class Question {
  /** When it was sent, or handed over to be sent; on `clock.elapsed`. */
  sentAt = 0;
  /** It was not answered in time. */
  isLate = false;
  /** May its answer take any time? */
  readonly isPatient: boolean = false;
  /** The longest answer, in bytes. */
  readonly longest: number = MAX_LINE;

  /** @returns False if that is no answer to this question: then nothing on the connection can be trusted any more. */
  abstract answered(line: string): boolean;

  /** There will be no answer. */
  abstract failed(error: LockError): void;

  /** There was no answer in time; it may still come. */
  late(_error: LockError): void {
    // Whoever has a time limit of his own need not be told.
  }
}
