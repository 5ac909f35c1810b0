import { defer, distinctUntilChanged, map, Observable, type SchedulerLike } from 'rxjs';
import type { LockStatus } from '../../../contract/status.js';
import { lockStatus } from '../../../values/lock-status.js';
import type { Desk } from '../locks/desk.js';
import type { Verb } from '../locks/verbs.js';
import { readShown } from '../locks/shown.js';
import { errorOfReply } from '../wire/error-of-reply.js';
import { listOf } from '../wire/list-of.js';
import type { Reply } from '../wire/port.js';
import { lookAgain } from './look-again.js';

/** How many keys a server looks at in one step. */
const STEP = '1000';

/** Tells who has which lock. */
export class Statuses {
  constructor(
    private readonly desk: Desk,
    private readonly scheduler: SchedulerLike,
  ) {}

  status(name: string): Observable<LockStatus> {
    return this.ask(this.desk.verbs.look, 'look at', name).pipe(map((reply) => this.read(name, reply)));
  }

  watch(name: string): Observable<LockStatus> {
    return lookAgain(() => this.status(name), this.scheduler).pipe(distinctUntilChanged(isSame));
  }

  revoke(name: string): Observable<void> {
    return this.ask(this.desk.verbs.revoke, 'revoke', name).pipe(
      map(() => {
        // Of what we do ourselves the server tells nothing.
        this.desk.tracking?.changed([this.desk.keys.main(name)]);
      }),
    );
  }

  list(prefix: string): Observable<readonly LockStatus[]> {
    return defer(async () => {
      const names = await this.names(prefix);
      const all = await Promise.all(names.map((name) => this.ofName(name)));
      return all.filter(({ status }) => status === 'held').sort((a, b) => (a.name < b.name ? -1 : 1));
    });
  }

  private ofName(name: string): Promise<LockStatus> {
    return new Promise((resolve, reject) => {
      this.status(name).subscribe({ next: resolve, error: reject });
    });
  }

  /** On each server that has keys. */
  private async names(prefix: string): Promise<readonly string[]> {
    const { calls, keys } = this.desk;
    try {
      await calls.ready();
      const { keyPrefix } = calls.port;
      const names = new Set<string>();
      for (const node of calls.port.nodes()) {
        let cursor = '0';
        do {
          const from = cursor;
          const match = keys.pattern(prefix, keyPrefix);
          const reply = await calls.limit(() => node.send('SCAN', [from, 'MATCH', match, 'COUNT', STEP]), { node });
          const [next, found] = listOf(reply);
          if (typeof next !== 'string' || found === undefined) throw calls.nonsense();
          cursor = next;
          for (const key of listOf(found)) {
            const name = keys.nameOf(String(key).slice(keyPrefix.length));
            if (name?.startsWith(prefix) === true) names.add(name);
          }
        } while (cursor !== '0');
      }
      return [...names];
    } catch (error) {
      throw errorOfReply(error, { what: 'list the locks', where: calls.port.where });
    }
  }

  private ask(verb: Verb, what: string, name: string): Observable<Reply> {
    return new Observable((sink) => {
      const { keys, outbox } = this.desk;
      outbox.add(verb, {
        what,
        kind: 'lock',
        name,
        keys: keys.all(name, 'lock'),
        args: [],
        answered: (reply) => {
          sink.next(reply);
          sink.complete();
        },
        failed: (error) => {
          sink.error(error);
        },
      });
    });
  }

  private read(name: string, reply: Reply): LockStatus {
    const [holders, waiters, left, text] = listOf(reply);
    if (text === undefined) throw this.desk.calls.nonsense(this.desk.keys.main(name));
    const { mode, token, holder, metadata } = readShown(text);
    const isHeld = Number(holders) > 0;
    return lockStatus({
      name,
      status: isHeld ? 'held' : 'free',
      mode: isHeld ? mode : undefined,
      holders: Number(holders),
      holder,
      fencingToken: token,
      expiresAt: Number(left) > 0 && isHeld ? new Date(this.desk.clock.date() + Number(left)) : undefined,
      waiters: Number(waiters),
      metadata,
    });
  }
}

/** Is it the same, but for the time that has passed? */
function isSame(a: LockStatus, b: LockStatus): boolean {
  return (
    a.status === b.status &&
    a.fencingToken === b.fencingToken &&
    a.holders === b.holders &&
    a.waiters === b.waiters &&
    a.holder === b.holder
  );
}
