import type { LockError } from '../../../contract/errors.js';
import { isRefusal, readGrant } from '../wire/answer.js';
import type { Asker } from './asker.js';
import { enqueueLine } from '../wire/commands.js';
import type { Connection } from '../wire/connection.js';
import { Leaving } from './leaving.js';
import { Question } from '../wire/question.js';
import { Queued, type Places } from './queued.js';

/** Takes a place in the queue. */
export class Enqueuing extends Question {
  constructor(
    private readonly places: Places,
    private readonly asker: Asker,
    private readonly connection: Connection,
  ) {
    super();
  }

  start(): void {
    const { wanted, request } = this.asker;
    this.connection.send(this, enqueueLine(wanted.key, wanted.seconds, request.limit));
    this.asker.leaveWith(this.connection);
  }

  override isWanted(): boolean {
    return !this.asker.isDone;
  }

  answered(line: string): boolean {
    const { asker, connection, places } = this;
    if (line === 'queued') {
      if (!asker.isDone) asker.queued();
      if (asker.isDone) new Leaving(asker, connection, this.sentAt).start();
      else new Queued(places, asker, connection, this.sentAt).start();
      return true;
    }
    const granted = readGrant(line);
    if (granted !== undefined) {
      asker.grant(granted, connection, this.sentAt, false);
      return true;
    }
    if (!isRefusal(line)) return false;
    // Of a lock that ran out before, the server keeps the place; it goes with the connection, which owns nothing.
    if (line === 'error_already_enqueued') connection.close(asker.error(line));
    asker.refuse(line);
    return true;
  }

  failed(error: LockError): void {
    this.asker.fail(error);
  }
}
