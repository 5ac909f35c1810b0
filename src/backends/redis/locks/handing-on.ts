import { defer, Observable, of } from 'rxjs';
import type { AcquireRequest, AcquireSignal, Grant } from '../../../contract/backend.js';
import { LockLostError, type LockError } from '../../../contract/errors.js';
import { invalid } from '../../../values/invalid.js';
import type { Reply } from '../wire/port.js';
import type { Desk } from './desk.js';
import type { Doubts } from './doubts.js';
import type { Ask } from './outbox.js';
import { kindOf, RedisGrant, textOf, type Title } from './redis-grant.js';
import { tokenOf } from './token-of.js';

/** Says nothing of what is in it. */
const FOREIGN = 'is not of a lock in Redis, or its secret was changed';
const SECRET = /^([\da-f]{16}[\da-z]{8})\/(x|s|\d{1,16}\/\d{1,16})(?:\n([^]*))?$/;

/**
 * Hands locks on to other clients: what is told them is the owner. Whoever adopts a lock makes himself its owner, so that it cannot be
 * adopted twice.
 */
export class HandingOn {
  constructor(
    private readonly desk: Desk,
    private readonly doubts: Doubts,
  ) {}

  detach(grant: Grant): Observable<string> {
    return defer(() => {
      if (!(grant instanceof RedisGrant) || grant.isOver) throw lost(grant.name);
      grant.isOver = grant.isHandedOn = true;
      this.desk.tracking?.delete(grant);
      const { owner, need } = RedisGrant.titleOf(grant);
      return of(`${owner}/${need}${grant.metadata === undefined ? '' : `\n${grant.metadata}`}`);
    });
  }

  adopt(name: string, secret: string, request: AcquireRequest): Observable<AcquireSignal> {
    return new Observable((sink) => {
      const { calls, keys, owners, outbox, verbs, lockDelay } = this.desk;
      const [, old, need, metadata] = SECRET.exec(secret) ?? [];
      if (old === undefined || need === undefined) throw invalid('handle', FOREIGN);
      const title: Title = { owner: owners.next(), need };
      const { holder, ttl } = request;
      const hasMetadata = secret.includes('\n') ? metadata : undefined;
      const ask: Ask = {
        name,
        what: 'adopt the lock',
        keys: keys.all(name, kindOf(need)),
        args: [old, title.owner, need, String(ttl + lockDelay), textOf(holder, hasMetadata)],
        answered: (reply: Reply, sentAt) => {
          if (typeof reply !== 'string') {
            sink.error(lost(name));
            return;
          }
          const token = tokenOf(reply);
          if (token === undefined) {
            this.doubts.add(name, title, ttl + lockDelay, false);
            sink.error(calls.nonsense(keys.main(name, kindOf(need))));
            return;
          }
          const grant = new RedisGrant(name, holder, hasMetadata, token, title, true);
          if (sink.closed) request.stray(grant);
          else this.desk.tracking?.add(grant, sentAt);
          sink.next({ type: 'granted', grant, bounds: [{ sentAt, ttl }], confirm: true });
          sink.complete();
        },
        failed: (error: LockError, isSent) => {
          if (isSent) this.doubts.add(name, title, ttl + lockDelay, true);
          sink.error(error);
        },
      };
      outbox.add(verbs.adopt, ask);
    });
  }
}

function lost(name: string): LockLostError {
  return new LockLostError(`the lock '${name}' is not held, or was handed on before`, { name, reason: 'refused' });
}
