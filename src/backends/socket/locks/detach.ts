import { Observable } from 'rxjs';
import type { Grant } from '../../../contract/backend.js';
import type { Desk } from './desk.js';
import { DetachAsk, lostError } from './detach-ask.js';

/** Lets go of a lock, so that somebody else can go on with it. @returns The secret, once. */
export function detach(desk: Desk, grant: Grant): Observable<string> {
  return new Observable((sink) => {
    if (desk.book.has(grant)) desk.line.ask(new DetachAsk(desk, grant, sink));
    else sink.error(lostError(grant));
  });
}
