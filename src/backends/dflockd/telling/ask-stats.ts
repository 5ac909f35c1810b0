import { Observable } from 'rxjs';
import type { LockError } from '../../../contract/errors.js';
import { errorOf, isRefusal } from '../wire/answer.js';
import { STATS_LINE } from '../wire/commands.js';
import { MAX_LONG_LINE } from '../wire/line-reader.js';
import { Question } from '../wire/question.js';
import type { ServerConnections } from '../client/server-connections.js';
import { readStats, type DflockdStats } from './stats.js';

/** Asks a server for all that it holds, once. */
export function askStats(server: ServerConnections): Observable<DflockdStats> {
  return new Observable((sink) => {
    const { where } = server;
    const connection = server.forOthers();
    connection.send(
      new Survey(
        (line) => {
          const stats = readStats(line);
          if (stats === undefined && !isRefusal(line)) return false;
          if (stats === undefined) sink.error(errorOf(line, { what: 'tell what it holds', where }));
          else {
            sink.next(stats);
            sink.complete();
          }
          return true;
        },
        (error) => {
          sink.error(error);
        },
        () => !sink.closed,
      ),
      STATS_LINE,
    );
    sink.add(() => {
      connection.doubt();
    });
  });
}

class Survey extends Question {
  override readonly longest = MAX_LONG_LINE;

  constructor(
    private readonly read: (line: string) => boolean,
    private readonly fail: (error: LockError) => void,
    private readonly wanted: () => boolean,
  ) {
    super();
  }

  override isWanted(): boolean {
    return this.wanted();
  }

  answered(line: string): boolean {
    return this.read(line);
  }

  failed(error: LockError): void {
    this.fail(error);
  }

  override late(error: LockError): void {
    this.fail(error);
  }
}
