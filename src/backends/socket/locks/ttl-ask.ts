import type { Renewal } from '../../../contract/backend.js';
import type { LockError } from '../../../contract/errors.js';
import type { ChangeTtl } from '../../../native/from-client.js';
import { SocketAsk, type Answer } from '../client/socket-ask.js';
import { errorOfFailure } from '../wire/error-of.js';
import type { Desk } from './desk.js';
import type { SocketGrant } from './socket-grant.js';

/** Renews one lock for itself: one that keep-alives do not keep, or that is to have another ttl. */
export class TtlAsk extends SocketAsk {
  /** What it had before. */
  private before = 0;
  /** Of those for the same lock. */
  private number = 0;

  constructor(
    private readonly desk: Desk,
    private readonly grant: SocketGrant,
    private readonly ttl: number,
    private readonly tell: (renewal: Renewal) => void,
    private readonly index: number,
  ) {
    super();
  }

  write(id: number): ChangeTtl | undefined {
    const { grant, ttl, desk } = this;
    if (!desk.book.has(grant)) {
      this.end();
      this.refused(undefined);
      return undefined;
    }
    this.before = grant.ttl;
    this.number = ++grant.asks;
    // A shorter one may come into force whether or not its answer arrives.
    desk.book.setTtl(grant, Math.min(grant.ttl, ttl));
    return { type: 'ttl', id, lock: grant.id, ttl };
  }

  heard(answer: Answer): boolean {
    if (answer.type === 'done') {
      this.end();
      this.renewed();
      return true;
    }
    if (answer.type !== 'error') return false;
    this.end();
    const { desk, grant } = this;
    const { kind, name } = grant;
    const cause = errorOfFailure(answer, { what: 'renew', where: desk.where, kind, name });
    if (answer.code === 'gone') {
      desk.book.remove(grant);
      this.refused(cause);
    } else {
      // Nothing has changed by it.
      if (this.isLast) desk.book.setTtl(grant, this.before);
      this.failed(cause);
    }
    return true;
  }

  failed(cause: LockError): void {
    this.tell({ index: this.index, outcome: 'unknown', cause });
  }

  private get isLast(): boolean {
    return this.number === this.grant.asks;
  }

  private renewed(): void {
    const { desk, grant, at } = this;
    // A shorter one that was asked for since may be in force.
    const ttl = this.isLast ? this.ttl : Math.min(grant.ttl, this.ttl);
    if (!desk.book.has(grant)) {
      this.refused(undefined);
      return;
    }
    desk.book.setTtl(grant, ttl);
    grant.sentAt = at;
    this.tell({ index: this.index, outcome: 'renewed', bounds: grant.bounds });
  }

  private refused(cause: LockError | undefined): void {
    this.tell({ index: this.index, outcome: 'refused', cause });
  }
}
