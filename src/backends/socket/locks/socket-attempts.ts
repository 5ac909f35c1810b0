import { Observable, type Subscriber } from 'rxjs';
import type { AcquireRequest, AcquireSignal, Grant } from '../../../contract/backend.js';
import { checkRequest, checkText } from '../client/check-request.js';
import type { Desk } from './desk.js';
import { holderOf } from './holder-of.js';
import { SocketAcquiring } from './socket-acquiring.js';

/** Asks for locks. */
export class SocketAttempts {
  constructor(private readonly desk: Desk) {}

  acquire(request: AcquireRequest): Observable<AcquireSignal> {
    return new Observable((sink) => {
      this.start(request, sink);
    });
  }

  /** Goes on with a lock that was let go of. */
  adopt(name: string, secret: string, request: AcquireRequest): Observable<AcquireSignal> {
    return new Observable((sink) => {
      checkText(secret, 'handle');
      const { ttl, limit, holder, keeping } = request;
      const stray = (grant: Grant): void => {
        request.stray(grant);
      };
      this.start({ name, ttl, limit, wait: false, holder, keeping, stray }, sink, secret);
    });
  }

  private start(request: AcquireRequest, sink: Subscriber<AcquireSignal>, secret?: string): void {
    // What it throws fails the stream.
    checkRequest(request);
    const { holder, line } = this.desk;
    holder.first ??= holderOf(request.holder);
    const acquiring = new SocketAcquiring(this.desk, request, sink, secret);
    // Not itself: whoever prints his subscription would print all that can be reached from it, as headers with a token.
    sink.add(() => {
      acquiring.unsubscribe();
    });
    line.ask(acquiring);
  }
}
