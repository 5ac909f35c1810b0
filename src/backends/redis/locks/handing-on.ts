import { defer, of, type Observable } from 'rxjs';
import type { AcquireRequest, AcquireSignal, Grant } from '../../../contract/backend.js';
import { invalid } from '../../../values/invalid.js';
import type { AcquireContext } from './acquire-ask.js';
import { Adopting } from './adopting.js';
import type { RedisAttempts } from './attempts.js';
import { lost } from './lost.js';
import { RedisGrant } from './redis-grant.js';

/** Says nothing of what is in it. */
const FOREIGN = 'is not of a lock in Redis, or its secret was changed';
const SECRET = /^([\da-f]{16}[\da-z]{8})\/(x|s|\d{1,16}\/\d{1,16})(?:\n([^]*))?$/;

/**
 * Hands locks on to other clients: what is told them is the owner. Whoever adopts a lock makes himself its owner, so that it cannot be
 * adopted twice.
 */
export class HandingOn {
  constructor(
    private readonly context: AcquireContext,
    private readonly attempts: RedisAttempts,
  ) {}

  detach(grant: Grant): Observable<string> {
    return defer(() => {
      if (!(grant instanceof RedisGrant)) throw lost({ kind: 'lock', name: grant.name });
      if (grant.isOver) throw lost(grant);
      grant.isOver = grant.isHandedOn = true;
      this.context.desk.tracking?.delete(grant);
      const { owner, need } = RedisGrant.titleOf(grant);
      return of(`${owner}/${need}${grant.metadata === undefined ? '' : `\n${grant.metadata}`}`);
    });
  }

  adopt(_: string, secret: string, request: AcquireRequest): Observable<AcquireSignal> {
    return this.attempts.begin((sink, settled) => {
      const [, owner, need, text] = SECRET.exec(secret) ?? [];
      if (owner === undefined || need === undefined) throw invalid('handle', FOREIGN);
      const metadata = secret.includes('\n') ? text : undefined;
      return new Adopting({ owner, need, metadata }, request, sink, this.context, settled);
    });
  }
}
