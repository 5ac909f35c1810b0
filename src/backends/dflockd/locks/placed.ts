import type { LockError } from '../../../contract/errors.js';
import { isRefusal, readGrant } from '../wire/answer.js';
import type { Asker } from './asker.js';
import type { Connection } from '../wire/connection.js';
import { Question } from '../wire/question.js';

/** Has a place in the queue, and wants to know what became of it. */
export abstract class Placed extends Question {
  constructor(
    protected asker: Asker,
    protected readonly connection: Connection,
    /** When the place in the queue was asked for. */
    private readonly queuedAt: number,
  ) {
    super();
  }

  answered(line: string): boolean {
    const granted = readGrant(line);
    if (granted === undefined && line !== 'timeout' && !isRefusal(line)) return false;
    this.ended();
    if (granted !== undefined) this.asker.grant(granted, this.connection, this.queuedAt, true);
    // Its time ran out in the queue, or the server forgot the place: as good as never asked.
    else this.asker.held();
    return true;
  }

  failed(error: LockError): void {
    this.ended();
    this.asker.fail(error);
  }

  protected abstract ended(): void;
}
