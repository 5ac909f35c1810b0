import type { LockError } from '../../../contract/errors.js';
import { isRefusal, readGrant } from '../wire/answer.js';
import type { Attempt } from './attempt.js';
import { enqueueLine } from '../wire/commands.js';
import type { Connection } from '../wire/connection.js';
import { Leaving } from './leaving.js';
import { Question } from '../wire/question.js';
import type { Queue } from './queue.js';
import { Waiting } from './waiting.js';

/** Takes a place in the queue. */
export class Enqueuing extends Question {
  constructor(
    private readonly queue: Queue,
    private readonly attempt: Attempt,
    private readonly connection: Connection,
  ) {
    super();
  }

  start(): void {
    const { wanted, request } = this.attempt;
    this.connection.send(this, enqueueLine(wanted.key, wanted.seconds, request.limit));
    this.attempt.leaveWith(this.connection);
  }

  override isWanted(): boolean {
    return this.attempt.isWanted();
  }

  answered(line: string): boolean {
    const { attempt, connection, queue } = this;
    if (line === 'queued') {
      if (!attempt.isDone) attempt.queued();
      if (attempt.isDone) new Leaving(attempt, connection, this.sentAt).start();
      else new Waiting(queue, attempt, connection, this.sentAt).start();
      return true;
    }
    const granted = readGrant(line);
    if (granted !== undefined) {
      attempt.grant(granted, connection, this.sentAt, false);
      return true;
    }
    if (!isRefusal(line)) return false;
    // Of a lock that ran out before, the server keeps the place; it goes with the connection, which owns nothing.
    if (line === 'error_already_enqueued') connection.close(attempt.error(line));
    attempt.refuse(line);
    return true;
  }

  failed(error: LockError): void {
    this.attempt.fail(error);
  }
}
