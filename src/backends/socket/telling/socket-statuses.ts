import { Observable } from 'rxjs';
import type { LockStatus } from '../../../contract/status.js';
import type { Clock } from '../../../contract/time.js';
import type { NameStatus } from '../../../native/from-server.js';
import { invalid } from '../../../values/invalid.js';
import { lockStatus } from '../../../values/lock-status.js';
import { checkName, checkText } from '../client/check-request.js';
import type { SocketLine } from '../client/socket-line.js';
import { SocketQuestion, type QuestionOptions } from './socket-question.js';
import { UnwatchAsk } from './unwatch-ask.js';

export interface SocketStatusesOptions {
  readonly line: SocketLine;
  readonly clock: Clock;
  readonly where: string;
  /** Do grants have fencing tokens? */
  readonly fencing: boolean;
}

/** So many locks are listed at most: whoever lists more names a longer prefix. */
const MAX_LISTED = 1_000_000;

/** Tells what the server knows of names. */
export class SocketStatuses {
  /** How many names are watched. */
  watching = 0;

  constructor(private readonly options: SocketStatusesOptions) {}

  status(name: string): Observable<LockStatus> {
    return this.ask(() => {
      checkName(name);
      return {
        ...this.about('tell the status of', name),
        isRepeatable: true,
        write: (id) => ({ type: 'status', id, name }),
        read: (answer, sink) => {
          if (answer.type !== 'status') return undefined;
          sink.next(this.translate(answer.status));
          return false;
        },
      };
    });
  }

  list(prefix: string): Observable<readonly LockStatus[]> {
    return this.ask(() => {
      checkText(prefix, 'prefix');
      let all: LockStatus[] = [];
      return {
        ...this.about('list the locks'),
        isRepeatable: true,
        write: (id) => {
          all = [];
          return { type: 'list', id, prefix };
        },
        read: (answer, sink) => {
          if (answer.type !== 'list') return undefined;
          if (all.length + answer.locks.length > MAX_LISTED) {
            sink.error(invalid('prefix', `is of more than ${String(MAX_LISTED)} locks; name a longer one`));
            return false;
          }
          for (const status of answer.locks) all.push(this.translate(status));
          if (answer.more === true) return true;
          sink.next(all.sort((a, b) => (a.name < b.name ? -1 : 1)));
          return false;
        },
      };
    });
  }

  /** Now and at each change, over new connections too. */
  watch(name: string): Observable<LockStatus> {
    return new Observable((sink) => {
      checkName(name);
      const { line } = this.options;
      const question = new SocketQuestion<LockStatus>(
        {
          ...this.about('watch', name),
          isLasting: true,
          write: (id) => ({ type: 'watch', id, name }),
          read: (answer, to) => {
            if (answer.type !== 'status') return undefined;
            to.next(this.translate(answer.status));
            return true;
          },
        },
        sink,
      );
      this.watching++;
      sink.add(() => {
        this.watching--;
        if (question.isOver) return;
        const { id } = question;
        line.leave(question);
        if (id !== 0 && line.isOpen) line.ask(new UnwatchAsk(id));
        line.refer();
      });
      line.ask(question);
    });
  }

  /** Takes a lock from whoever holds it. */
  revoke(name: string): Observable<void> {
    return this.ask(() => {
      checkName(name);
      return {
        ...this.about('revoke', name),
        write: (id) => ({ type: 'revoke', id, name }),
        read: (answer) => (answer.type === 'done' ? false : undefined),
      };
    });
  }

  /** Only locks can be asked for by their names. */
  private about(what: string, name?: string): Pick<QuestionOptions<unknown>, 'what' | 'where' | 'kind' | 'name'> {
    return { what, where: this.options.where, kind: 'lock', name };
  }

  private ask<T>(question: () => QuestionOptions<T>): Observable<T> {
    return new Observable((sink) => {
      const { line } = this.options;
      const asked = new SocketQuestion(question(), sink);
      sink.add(() => {
        line.leave(asked);
      });
      line.ask(asked);
    });
  }

  private translate({ holders, token, expiresIn, ...status }: NameStatus): LockStatus {
    const { name, mode, holder, waiters, metadata } = status;
    const { clock, fencing } = this.options;
    return lockStatus({
      name,
      status: holders > 0 ? 'held' : 'free',
      mode,
      holders,
      holder,
      fencingToken: token === undefined || !fencing ? undefined : BigInt(token),
      expiresAt: expiresIn === undefined ? undefined : new Date(Math.floor(clock.date() + expiresIn)),
      waiters,
      metadata,
    });
  }
}
