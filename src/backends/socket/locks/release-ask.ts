import type { Released } from '../../../contract/backend.js';
import type { LockError } from '../../../contract/errors.js';
import type { Release } from '../../../native/from-client.js';
import { SocketAsk, type AfterCut, type Answer } from '../client/socket-ask.js';
import { errorOfFailure } from '../wire/error-of.js';
import type { Desk } from './desk.js';
import type { SocketGrant } from './socket-grant.js';

/** Gives one lock back. */
export class ReleaseAsk extends SocketAsk {
  /** It is taken out of what we believe in, and the server may not have heard of it. */
  private isOut = false;

  constructor(
    private readonly desk: Desk,
    readonly grant: SocketGrant,
    private readonly keepFor: number,
    private readonly tell: (outcome: Released['outcome'], cause?: unknown) => void,
  ) {
    super();
  }

  write(id: number): Release | undefined {
    const { grant, keepFor, desk } = this;
    if (!desk.book.has(grant)) {
      this.end();
      this.tell('gone');
      return undefined;
    }
    // From now on it is not ours, whatever the answer.
    desk.book.remove(grant);
    this.isOut = true;
    return keepFor > 0
      ? { type: 'release', id, lock: grant.id, keepFor: Math.ceil(keepFor) }
      : { type: 'release', id, lock: grant.id };
  }

  heard(answer: Answer): boolean {
    if (answer.type !== 'done' && answer.type !== 'error') return false;
    this.end();
    if (answer.type === 'done') this.tell('released');
    else if (answer.code === 'gone') this.tell('gone');
    else {
      const { where } = this.desk;
      const { kind, name } = this.grant;
      this.failed(errorOfFailure(answer, { what: 'release', where, kind, name }));
    }
    return true;
  }

  failed(cause: LockError): void {
    this.takeBack();
    this.tell('unknown', cause);
  }

  override cut(): AfterCut {
    this.takeBack();
    return 'again';
  }

  /** It may have to be given back once more. */
  private takeBack(): void {
    if (this.isOut) this.desk.book.add(this.grant);
    this.isOut = false;
  }
}
