import { MAX_LINE } from '../../../backends/dflockd/wire/line-reader.js';
import { Question } from '../../../backends/dflockd/wire/question.js';
import { LockError as RootError } from '../../../contract/errors.js';
import { translated } from '../document/translate.js';

/** How something is asked. */
export interface PromisedQuestionOptions<T> {
  /** What the answer means; an error if it is a refusal, `undefined` if it is no answer at all. */
  readonly read: (line: string, asked: PromisedQuestion<T>) => T | RootError | undefined;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
  /** May the answer take any time? */
  readonly isPatient: boolean;
  /** The longest answer, in bytes. The usual by default. */
  readonly longest?: number | undefined;
}

/** Something that is asked on a connection, and answered by a promise. */
export class PromisedQuestion<T> extends Question {
  override readonly isPatient: boolean;
  override readonly longest: number;

  constructor(private readonly options: PromisedQuestionOptions<T>) {
    super();
    this.isPatient = options.isPatient;
    this.longest = options.longest ?? MAX_LINE;
  }

  answered(line: string): boolean {
    const value = this.options.read(line, this);
    if (value === undefined) return false;
    if (value instanceof RootError) this.options.reject(translated(value));
    else this.options.resolve(value);
    return true;
  }

  failed(error: RootError): void {
    this.options.reject(translated(error));
  }

  override late(error: RootError): void {
    this.options.reject(translated(error));
  }
}
