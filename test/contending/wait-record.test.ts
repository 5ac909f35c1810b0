import { describe, expect, it } from 'vitest';
import type { Grant } from '../../src/contract/backend.js';
import { granting, setup } from '../support/virtual.js';

describe('what is told of a wait', () => {
  it('is kept by the stream no longer than the wait, however often the lock is sought again', () => {
    const { time, backend, locks } = granting();
    let contenders = 0;
    let held: Grant | undefined;
    backend.onAcquire = (call) => (held = call.grant());
    locks.events$.subscribe(({ type }) => {
      if (type === 'requested') contenders++;
    });
    const stream = locks.lock$('a', '10s', { onLost: 'reacquire' }).subscribe();
    const kept = (): number => (Reflect.get(stream, '_finalizers') as unknown[]).length;
    const first = kept();
    for (let i = 0; i < 10; i++) {
      backend.revoked$.next({ grants: [held!], reason: 'revoked' });
      time.advance(1000);
    }
    expect(contenders).toBe(11);
    expect(kept()).toBe(first);
    stream.unsubscribe();
  });

  it.each(['acquired', 'error'] as const)('ends once: who leaves while `%s` is told withdraws nothing', (end) => {
    const { backend, locks } = setup();
    const told: string[] = [];
    locks.events$.subscribe(({ type }) => {
      told.push(type);
      if (type === end) stream.unsubscribe();
    });
    const stream = locks.lock$('a', '10s').subscribe();
    if (end === 'error') backend.acquired[0]!.fail(new Error('no'));
    else backend.acquired[0]!.grant();
    expect(told.slice(0, 3)).toEqual(end === 'error' ? ['requested', end] : ['requested', end, 'released']);
  });
});
