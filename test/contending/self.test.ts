import { describe, expect, it } from 'vitest';
import type { WaitingEvent } from '../../src/contract/lease.js';
import { setup } from '../support/virtual.js';

/** Who is told that he waits for a semaphore of two places, of which this `Locks` has some. */
function waitingBeside(ours: number): WaitingEvent {
  const { backend, locks } = setup();
  for (let i = 0; i < ours; i++) {
    locks.semaphore$('a', 2, '10s').subscribe();
    backend.acquired[i]!.grant();
  }
  let waiting: WaitingEvent | undefined;
  locks.semaphore$('a', 2, '10s').subscribe((event) => {
    if (event.type === 'waiting') waiting = event;
  });
  backend.acquired[ours]!.held({ holder: 'me' });
  return waiting!;
}

describe('waiting.self', () => {
  it('of a semaphore is true only if all of its places are ours', () => {
    expect(waitingBeside(1).self).toBe(false);
    expect(waitingBeside(2).self).toBe(true);
  });

  it('of a lock is true if it is ours, and of no semaphore of its name', () => {
    const { backend, locks } = setup();
    const heard: (boolean | undefined)[] = [];
    locks.lock$('a', '10s').subscribe();
    backend.acquired[0]!.grant();
    const note = (event: { readonly type: string; readonly self?: boolean | undefined }): void => {
      if (event.type === 'waiting') heard.push(event.self);
    };
    locks.lock$('a', '10s').subscribe(note);
    locks.semaphore$('a', 1, '10s').subscribe(note);
    backend.acquired[1]!.held();
    backend.acquired[2]!.held();
    expect(heard).toEqual([true, false]);
  });
});
