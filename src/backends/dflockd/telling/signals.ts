import { Observable } from 'rxjs';
import { LockClosedError, LockNetworkError, type LockError } from '../../../contract/errors.js';
import { errorOf, isRefusal, readCount, unknownCommand } from '../wire/answer.js';
import { listenLine, publishLine } from '../wire/commands.js';
import { decodeLine } from '../wire/line-reader.js';
import { Question } from '../wire/question.js';
import type { ServerConnections } from '../client/server-connections.js';

/** Something that was published. */
export interface DflockdSignal {
  readonly channel: string;
  readonly payload: string;
}

const PREFIX = 'sig ';

/** Tells those who listen to a channel, once. Emits how many heard it. */
export function publish(server: ServerConnections, channel: string, payload: string): Observable<number> {
  return new Observable((sink) => {
    server.forOthers().send(
      new Order('publish a signal', server.where, readCount, {
        done: (count) => {
          sink.next(count);
          sink.complete();
        },
        failed: (error) => {
          sink.error(error);
        },
      }),
      publishLine(channel, payload),
    );
  });
}

/** What is published on a server from now on, over a connection of its own. Errors when that is gone. */
export function listen(server: ServerConnections, pattern: string, group: string): Observable<DflockdSignal> {
  return new Observable((sink) => {
    const failed = (error: LockError): void => {
      sink.error(error);
    };
    const connection = server.forOneself({
      pushed: (line) => {
        if (!line.startsWith(PREFIX)) return false;
        const signal = readSignal(line);
        if (signal !== undefined) sink.next(signal);
        else sink.error(new LockNetworkError(`dflockd at ${server.where} sent a signal that could not be understood`));
        return true;
      },
      closed: failed,
    });
    sink.add(() => {
      connection.close(new LockClosedError('nobody listens any more'));
    });
    const done = (): void => {
      // What follows is pushed.
    };
    const order = new Order('listen for signals', server.where, (line) => (line === 'ok' ? true : undefined), {
      done,
      failed,
    });
    connection.send(order, listenLine(pattern, group));
  });
}

/** @returns `undefined` for what is none. */
export function readSignal(line: string): DflockdSignal | undefined {
  const text = line.startsWith(PREFIX) ? decodeLine(line.slice(PREFIX.length)) : undefined;
  const space = text?.indexOf(' ') ?? -1;
  if (text === undefined || space < 1) return undefined;
  return { channel: text.slice(0, space), payload: text.slice(space + 1) };
}

/** A command whose arguments are known to be right: a server that does not understand it does not know it. */
class Order<T> extends Question {
  constructor(
    private readonly what: string,
    private readonly where: string,
    private readonly read: (line: string) => T | undefined,
    private readonly outcome: { done(answer: T): void; failed(error: LockError): void },
  ) {
    super();
  }

  answered(line: string): boolean {
    const { what, where } = this;
    const answer = this.read(line);
    if (answer !== undefined) this.outcome.done(answer);
    else if (!isRefusal(line)) return false;
    else this.outcome.failed(line === 'error' ? unknownCommand({ what, where }) : errorOf(line, { what, where }));
    return true;
  }

  failed(error: LockError): void {
    this.outcome.failed(error);
  }

  override late(error: LockError): void {
    this.outcome.failed(error);
  }
}
