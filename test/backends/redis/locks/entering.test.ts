import { Observable } from 'rxjs';
import { expect, it } from 'vitest';
import type { AcquireRequest, AcquireSignal } from '../../../../src/contract/backend.js';
import { LockNetworkError } from '../../../../src/contract/errors.js';
import { Entering, type EnteringContext } from '../../../../src/backends/redis/locks/entering.js';

it('what too few replicas have is given back until the first question, which was not answered, cannot be granted any more', () => {
  let now = 0;
  const doubts: boolean[] = [];
  const context = {
    desk: {
      clock: { elapsed: () => now, date: () => now },
      timeouts: { now: () => now, set: () => {}, clear: () => {} },
      keys: { all: () => ['a'] },
      calls: { roundTrip: 1, inContactSince: () => Infinity },
      outbox: { add: () => {} },
      verbs: {},
      timeout: 2000,
      lockDelay: 0,
    },
    doubts: {
      add: (_name: string, _title: object, _ttl: number, isUnanswered: boolean) => doubts.push(isUnanswered),
      watch: () => {},
    },
    waiting: { listen: (then: () => void) => then(), add: () => {}, delete: () => {}, forget: () => {} },
  } as unknown as EnteringContext;
  const errors: unknown[] = [];
  const request = { name: 'a', ttl: 30_000, wait: true, holder: 'me', stray: () => {} } as AcquireRequest;
  let entering!: Entering;
  new Observable<AcquireSignal>((sink) => {
    entering = new Entering(request, sink, context, { owner: 'me', need: 'x' }, () => {});
  }).subscribe({ error: (error: unknown) => errors.push(error) });
  entering.start();
  entering.sent();
  entering.answered([2, 0, 1000, ''], now, true);
  entering.look();
  entering.sent();
  entering.failed(new LockNetworkError('the connection was lost'), true);
  now = 100;
  entering.sent();
  entering.answered([1, '7'], now, false);
  expect(errors).toMatchObject([{ message: expect.stringContaining('too few replicas') }]);
  expect(doubts).toEqual([true]);
});
