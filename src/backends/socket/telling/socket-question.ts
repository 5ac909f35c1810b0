import type { Subscriber } from 'rxjs';
import type { LockError } from '../../../contract/errors.js';
import type { ClientAsk } from '../../../native/from-client.js';
import { SocketAsk, type AfterCut, type Answer } from '../client/socket-ask.js';
import { errorOfFailure } from '../wire/error-of.js';

/** What a question is about. */
export interface QuestionOptions<T> {
  /** For messages: `'tell the status of'`. */
  readonly what: string;
  readonly where: string;
  readonly kind?: 'lock' | undefined;
  readonly name?: string | undefined;
  readonly write: (id: number) => ClientAsk;
  /** Tells what an answer says. @returns Is more to come? `undefined`: it is no answer to this. */
  readonly read: (answer: Answer, sink: Subscriber<T>) => boolean | undefined;
  /** It goes on until it is left. */
  readonly isLasting?: boolean;
  /** May it be asked twice? */
  readonly isRepeatable?: boolean;
}

/** Something that is asked and that concerns nobody's lock. */
export class SocketQuestion<T> extends SocketAsk {
  private isRepeated = false;

  constructor(
    private readonly options: QuestionOptions<T>,
    private readonly sink: Subscriber<T>,
  ) {
    super();
    this.isPersistent = options.isLasting ?? false;
  }

  write(id: number): ClientAsk | undefined {
    if (!this.sink.closed) return this.options.write(id);
    this.end();
    return undefined;
  }

  heard(answer: Answer): boolean {
    const { sink, options } = this;
    if (answer.type === 'error') {
      this.end();
      sink.error(errorOfFailure(answer, options));
      return true;
    }
    const isMore = options.read(answer, sink);
    if (isMore === undefined) return false;
    if (!isMore) {
      this.end();
      sink.complete();
    } else if (this.isPersistent) this.isPatient = true;
    return true;
  }

  failed(error: LockError): void {
    this.sink.error(error);
  }

  override cut(error: LockError): AfterCut {
    const { isRepeatable = false } = this.options;
    this.isPatient = false;
    if (!this.isPersistent && (!isRepeatable || this.isRepeated)) return super.cut(error);
    this.isRepeated = true;
    return 'again';
  }
}
