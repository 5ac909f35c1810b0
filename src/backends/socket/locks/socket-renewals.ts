import { EMPTY, Observable } from 'rxjs';
import type { Bounds, Grant, Renewal } from '../../../contract/backend.js';
import { Batch } from '../../../values/batch.js';
import type { Verdict } from './beat.js';
import type { Desk } from './desk.js';
import type { SocketGrant } from './socket-grant.js';
import { TtlAsk } from './ttl-ask.js';

/** Renews what is held: all of it by one keep-alive, but for what is to have another ttl, or is not kept by keep-alives. */
export class SocketRenewals {
  constructor(private readonly desk: Desk) {}

  renew(grants: readonly Grant[], ttls: readonly number[]): Observable<Renewal> {
    if (grants.length === 0) return EMPTY;
    return new Observable((sink) => {
      const { book, line, pulse } = this.desk;
      const batch = new Batch<Renewal>(sink, grants.length);
      const tell = (renewal: Renewal): void => {
        batch.tell(renewal);
      };
      /** Those that the keep-alive is for. */
      const indexes: number[] = [];
      grants.forEach((grant, index) => {
        const ttl = ttls[index] as number;
        if (!book.has(grant)) {
          tell({ index, outcome: 'refused' });
          return;
        }
        grant.isAsked = true;
        if (grant.isRenewed && grant.ttl === ttl) indexes.push(index);
        else line.ask(new TtlAsk(this.desk, grant, ttl, tell, index));
      });
      if (indexes.length === 0) return;
      pulse.ask((verdict) => {
        this.tell(grants as readonly SocketGrant[], indexes, verdict, tell);
      });
    });
  }

  /** What a keep-alive has confirmed that the core did not ask for. */
  confirmed(grant: Grant): Bounds | undefined {
    const { book, pulse } = this.desk;
    if (!book.has(grant)) return undefined;
    grant.isAsked = true;
    const { isRenewed, news, sentAt, ttl, bounds } = grant;
    const kept = isRenewed ? pulse.boundsOf(news, ttl) : undefined;
    return kept !== undefined && kept[0].sentAt > sentAt ? kept : bounds;
  }

  private tell(
    grants: readonly SocketGrant[],
    indexes: readonly number[],
    verdict: Verdict,
    tell: (renewal: Renewal) => void,
  ): void {
    const { book } = this.desk;
    let last: Bounds | undefined;
    for (const index of indexes) {
      const grant = grants[index] as SocketGrant;
      if (!book.has(grant)) tell({ index, outcome: 'refused' });
      else if (verdict.type === 'unknown') tell({ index, outcome: 'unknown', cause: verdict.cause });
      else {
        const { ttl } = grant;
        if (last?.[0].ttl !== ttl) last = [{ sentAt: verdict.sentAt, ttl }];
        tell({ index, outcome: 'renewed', bounds: last });
      }
    }
  }
}
