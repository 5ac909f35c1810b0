import type { Subscriber } from 'rxjs';
import { LockLostError, type LockError } from '../../../contract/errors.js';
import type { Grant } from '../../../contract/backend.js';
import type { Detach } from '../../../native/from-client.js';
import { SocketAsk, type AfterCut, type Answer } from '../client/socket-ask.js';
import { called, errorOfFailure, type Named } from '../wire/error-of.js';
import type { Desk } from './desk.js';
import type { SocketGrant } from './socket-grant.js';

/** Lets go of a lock without giving it back. Asked twice, it is answered with the same secret. */
export class DetachAsk extends SocketAsk {
  private isOut = false;

  constructor(
    private readonly desk: Desk,
    private readonly grant: SocketGrant,
    private readonly sink: Subscriber<string>,
  ) {
    super();
  }

  write(id: number): Detach | undefined {
    const { desk, grant } = this;
    // Asked before, the server may say that it is lost by now.
    if (desk.book.find(grant.id) !== grant && !grant.isLeaving) {
      this.end();
      this.sink.error(lostError(grant));
      return undefined;
    }
    grant.isLeaving = true;
    desk.book.remove(grant);
    this.isOut = true;
    return { type: 'detach', id, lock: grant.id };
  }

  heard(answer: Answer): boolean {
    if (answer.type === 'detached') {
      this.end();
      this.sink.next(answer.secret);
      this.sink.complete();
      return true;
    }
    if (answer.type !== 'error') return false;
    this.end();
    const { where } = this.desk;
    const { kind, name } = this.grant;
    if (answer.code === 'gone') this.gone();
    else this.failed(errorOfFailure(answer, { what: 'let go of', where, kind, name }));
    return true;
  }

  failed(error: LockError): void {
    this.takeBack();
    this.grant.isLeaving = false;
    this.sink.error(error);
  }

  override cut(): AfterCut {
    this.takeBack();
    return 'again';
  }

  /** It was not ours any more. */
  private gone(): void {
    const { grant, desk } = this;
    grant.isLeaving = false;
    desk.revoked({ grants: [grant], reason: 'refused' });
    this.sink.error(lostError(grant));
  }

  private takeBack(): void {
    if (this.isOut) this.desk.book.add(this.grant);
    this.isOut = false;
  }
}

export function lostError({ kind = 'lock', name }: Pick<Grant, 'name'> & Partial<Named>): LockLostError {
  return new LockLostError(`${called({ kind, name })} is not held, or was handed on before`, {
    name,
    reason: 'refused',
  });
}
