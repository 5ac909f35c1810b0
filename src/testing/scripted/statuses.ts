import { Observable } from 'rxjs';
import { lockStatus } from '../../values/lock-status.js';
import type { Grant } from '../../contract/backend.js';
import type { LockStatus } from '../../contract/status.js';
import { play } from './play.js';
import type { Scripts } from './script.js';
import type { Stage } from './stage.js';

/** What a scripted service tells of a name, by a script: once, or for as long as it is watched. */
export function told(stage: Stage, type: 'status' | 'watch', name: string, scripts: Scripts): Observable<LockStatus> {
  return new Observable((sink) => {
    stage.note(type, name);
    return play(scripts.next(name), stage.opened.scheduler, ({ symbol }) => {
      if (symbol === '|') sink.complete();
      else if (symbol === 'f') sink.next(statusOf(name, 'free'));
      else if (symbol === 'h') sink.next(statusOf(name, 'held', { name, holder: stage.holder }));
      else sink.error(stage.errorOf(symbol, name));
      if (type === 'status') sink.complete();
    });
  });
}

/** The truth about a name: held if a grant of it is held here. */
export function truth(stage: Stage, name: string): Observable<LockStatus> {
  return new Observable((sink) => {
    stage.note('status', name);
    const grant = [...stage.held].find((one) => one.name === name);
    sink.next(statusOf(name, grant === undefined ? 'free' : 'held', grant));
    sink.complete();
  });
}

function statusOf(name: string, status: 'free' | 'held', grant?: Grant): LockStatus {
  const { holder, fencingToken, metadata } = grant ?? { name };
  return lockStatus({ name, status, holder, fencingToken, metadata });
}
