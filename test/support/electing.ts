import type { Observable } from 'rxjs';
import { lockStatus } from '../../src/values/lock-status.js';
import type { Leadership, LockStatus } from '../../src/contract/status.js';
import { setup, type Time } from './virtual.js';

/** What a leader$ told, with times. */
export function follow(time: Time, leader$: Observable<Leadership>) {
  const log: string[] = [];
  const events: Leadership[] = [];
  const note = (what: string): void => {
    log.push(`${String(time.now())} ${what}`);
  };
  const subscription = leader$.subscribe({
    next: (event) => {
      events.push(event);
      if (event.leading) note('leading');
      else note(event.leader === undefined ? 'following' : `following ${event.leader.holder ?? '?'}`);
    },
    error: (error: unknown) => note((error as Error).name),
    complete: () => note('complete'),
  });
  return { log, events, subscription };
}

/** Locks on a service whose answers the test gives; renewals and releases succeed. */
export function electing(options: Parameters<typeof setup>[0] = {}) {
  const all = setup({ retry: { initial: 100, max: 100, jitter: 'none' }, ...options });
  all.backend.onRenew = (call) => {
    call.confirm();
  };
  return { ...all, start: (name = 'a') => follow(all.time, all.locks.leader$(name, '10s')) };
}

export function held(holder: string, term = 7n): LockStatus {
  return lockStatus({ name: 'a', status: 'held', holder, fencingToken: term, metadata: `of ${holder}` });
}
