import { config, Observable, of } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LockAuthenticationError, LockNetworkError } from '../../src/contract/errors.js';
import type { AcquireSignal, Bound, Bounds, Grant, Released, Renewal, Revocation } from '../../src/contract/backend.js';
import type { LockEvent } from '../../src/contract/lease.js';
import { record, setup } from '../support/virtual.js';

function asking() {
  const scene = setup({ retry: { initial: '1s', jitter: 'none' } });
  const events = record<LockEvent>(scene.time);
  const subscription = scene.locks.lock$('a', '10s').subscribe(events.observer);
  return { ...scene, ...events, subscription, call: scene.backend.acquired[0]! };
}

const back = ({ backend, time }: ReturnType<typeof asking>): Grant[] => {
  time.turn();
  return backend.releases.flatMap(({ args }) => args.grants);
};

const bound = (fields: Partial<Record<keyof Bound, unknown>> = {}): Bound =>
  ({ sentAt: 0, ttl: 10_000, ...fields }) as Bound;

describe('an answer that cannot be', () => {
  /** What would have ended the process. RxJS reports it later, in a task of its own. */
  let reported: unknown[];

  beforeEach(() => {
    vi.useFakeTimers();
    reported = [];
    config.onUnhandledError = (error) => reported.push(error);
  });

  afterEach(() => {
    vi.runAllTimers();
    vi.useRealTimers();
    config.onUnhandledError = null;
    expect(reported).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['sent in the future', [bound({ sentAt: 3_600_000 })]],
    ['sent at no time', [bound({ sentAt: NaN })]],
    ['for no time', [bound({ ttl: NaN })]],
    ['for less than no time', [bound({ ttl: -1 })]],
    ['for a time that is no number', [bound({ ttl: '10s' })]],
    ['of which one bound is none', [bound(), undefined]],
    ['without a bound', []],
    ['without bounds', null],
  ])('a grant %s goes back, and is an outage', (_what, bounds) => {
    const scene = asking();
    const grant = scene.call.grant(bounds as Bounds);
    expect(scene.log).toEqual(['0 waiting']);
    expect(scene.events[0]).toMatchObject({ type: 'waiting', cause: { code: 'ERR_LOCK_NETWORK' } });
    expect(back(scene)).toEqual([grant]);
  });

  it('a grant whose token compares with nothing goes back, and is an outage', () => {
    const scene = asking();
    const grant = { name: 'a', fencingToken: 1 as unknown as bigint };
    scene.call.done({ type: 'granted', grant, bounds: [bound()] });
    expect(scene.log).toEqual(['0 waiting']);
    expect(back(scene)).toEqual([grant]);
  });

  it.each([
    ...[undefined, null, 5, {}, { type: 'maybe' }, { type: 'granted', bounds: [bound()] }],
    ...[null, 5].map((grant) => ({ type: 'granted', grant, bounds: [bound()] })),
  ])('%j is an outage', (answer) => {
    const scene = asking();
    scene.call.next(answer as unknown as AcquireSignal);
    expect(scene.log).toEqual(['0 waiting']);
    expect(scene.call.open).toBe(false);
  });

  it.each<[string, unknown]>([
    ['in the future', [bound({ sentAt: 1e9 })]],
    ['of no time', [bound({ ttl: NaN })]],
    ['of nothing', undefined],
  ])('a renewal that is confirmed by bounds %s confirms nothing', (_what, bounds) => {
    const scene = asking();
    scene.call.grant();
    scene.time.advance(3333);
    scene.backend.renewals[0]!.done({ index: 0, outcome: 'renewed', bounds: bounds as Bounds });
    scene.backend.onRenew = undefined;
    scene.time.advance(5000);
    expect(scene.log.filter((line) => !line.endsWith('uncertain'))).toEqual([
      '0 acquired',
      '8000 lost',
      '8000 complete',
    ]);
    expect(scene.log).toContain('3333 uncertain');
  });

  it.each([undefined, null, 5])('a renewal of which the answer is %j confirms nothing, and harms nothing', (answer) => {
    const scene = asking();
    scene.call.grant();
    scene.time.advance(3333);
    const [renewal] = scene.backend.renewals;
    renewal!.next(answer as unknown as Renewal);
    renewal!.confirm();
    expect(scene.log).toEqual(['0 acquired', '3333 renewed']);
  });

  it.each([undefined, null, 5])('a release of which the answer is %j is waited for further', (answer) => {
    const scene = asking();
    scene.backend.onRelease = undefined;
    scene.call.grant();
    scene.subscription.unsubscribe();
    scene.time.turn();
    const outcomes: string[] = [];
    scene.locks.events$.subscribe((event) => {
      if (event.type === 'release') outcomes.push(event.outcome);
    });
    const [release] = scene.backend.releases;
    release!.next(answer as unknown as Released);
    expect(outcomes).toEqual([]);
    release!.done({ index: 0, outcome: 'released' });
    expect(outcomes).toEqual(['released']);
  });

  it('a release of which the outcome is no word that is known is tried again', () => {
    const scene = asking();
    scene.backend.onRelease = undefined;
    scene.call.grant();
    scene.subscription.unsubscribe();
    scene.time.turn();
    scene.backend.releases[0]!.done({ index: 0, outcome: 'perhaps' } as unknown as Released);
    scene.time.advance(100);
    expect(scene.backend.releases).toHaveLength(2);
  });

  it.each([undefined, null, 5, {}, { grants: null }, { grants: [null] }])(
    'a revocation of which all that is told is %j is about nothing, and others are heard after it',
    (told) => {
      const scene = asking();
      const grant = scene.call.grant();
      scene.backend.revoked$.next(told as unknown as Revocation);
      scene.backend.revoked$.next({ grants: [grant], reason: 'revoked' });
      expect(scene.log).toEqual(['0 acquired', '0 lost', '0 complete']);
    },
  );

  it.each<[string, unknown]>([
    ['NaN', NaN],
    ['a string', '1'],
    ['null', null],
  ])('a hint that is %s is none: the delay is that of the policy', (_what, retryAfter) => {
    const scene = asking();
    scene.call.held({ retryAfter: retryAfter as number });
    scene.time.advance(999);
    expect(scene.backend.acquired).toHaveLength(1);
    scene.time.advance(1);
    expect(scene.backend.acquired).toHaveLength(2);
  });

  it('a service that gives more than was asked for is believed for no longer than that', () => {
    const scene = asking();
    scene.call.grant([bound({ ttl: 3_600_000 })]);
    scene.time.advance(60_000);
    expect(scene.log.slice(0, 1)).toEqual(['0 acquired']);
    expect(scene.log.at(-2)).toBe('8000 lost');
  });
});

describe('an attempt', () => {
  const granted = (fencingToken: bigint): AcquireSignal => ({
    type: 'granted',
    grant: { name: 'a', fencingToken },
    bounds: [bound()],
  });

  it('that is granted twice gives the second back', () => {
    const scene = asking();
    scene.backend.onAcquire = undefined;
    scene.call.next(granted(1n));
    scene.call.next(granted(2n));
    expect(scene.log).toEqual(['0 acquired']);
    // It was left with its first answer: what a backend grants to who has left it hands to `stray` itself.
    expect(scene.call.open).toBe(false);
  });

  it('that answers twice at once gives back what it grants beside its first answer', () => {
    const { backend, locks, time } = setup();
    const answers = [granted(1n), granted(2n), { type: 'held' } as const, granted(3n)];
    backend.acquire = () => of(...answers);
    const events = record<LockEvent>(time);
    locks.lock$('a', '10s').subscribe(events.observer);
    time.turn();
    expect(events.log).toEqual(['0 acquired']);
    expect(backend.releases.flatMap(({ args }) => args.grants.map((grant) => grant.fencingToken))).toEqual([2n, 3n]);
  });

  it('that tells of the same grant twice keeps it', () => {
    const { backend, locks, time } = setup();
    const answer = granted(1n);
    backend.acquire = () => of(answer, answer);
    const events = record<LockEvent>(time);
    locks.lock$('a', '10s').subscribe(events.observer);
    time.turn();
    expect(events.log).toEqual(['0 acquired']);
    expect(backend.releases).toHaveLength(0);
  });

  it('is left once it is answered', () => {
    const { backend, locks } = setup();
    let left = 0;
    backend.acquire = () =>
      new Observable((sink) => {
        sink.next({ type: 'held' });
        return () => {
          left++;
        };
      });
    locks.lock$('a', '10s').subscribe();
    expect(left).toBe(1);
  });
});

describe('a stream of revocations', () => {
  it('that fails takes nothing with it: the next renewal notices what is gone', () => {
    const scene = setup();
    const told: string[] = [];
    scene.locks.events$.subscribe((event) => told.push(event.type));
    const events = record<LockEvent>(scene.time);
    scene.locks.lock$('a', '10s').subscribe(events.observer);
    scene.backend.acquired[0]!.grant();
    scene.backend.revoked$.error(new Error('down'));
    expect(told).toEqual(['requested', 'acquired', 'error']);
    scene.time.advance(3333);
    scene.backend.renewals[0]!.refuse();
    expect(events.log).toEqual(['0 acquired', '3333 lost', '3333 complete']);
  });
});

describe('a grant that is to be confirmed', () => {
  it('says why it could not be', () => {
    const down = new LockNetworkError('down');
    const unknown = new LockAuthenticationError('who?');
    for (const [failure, expected] of [
      [down, { code: 'ERR_LOCK_NETWORK', cause: down }],
      [unknown, { code: 'ERR_LOCK_AUTHENTICATION', message: 'who?' }],
    ] as const) {
      const { backend, locks, time } = setup();
      backend.onRenew = (call) => {
        call.fail(failure);
      };
      let error: unknown;
      locks.lock$('a', '10s', { wait: false }).subscribe({ error: (thrown: unknown) => (error = thrown) });
      backend.acquired[0]!.grant(undefined, true);
      time.advance(10_000);
      expect(error).toMatchObject(expected);
    }
  });

  it('is nobody’s until then, and its bounds are not asked for', () => {
    const scene = asking();
    const grant = scene.call.grant(undefined, true);
    expect(scene.log).toEqual([]);
    scene.backend.renewals[0]!.confirm();
    expect(scene.log).toEqual(['0 acquired']);
    scene.time.advance(3333);
    expect(scene.backend.renewals[1]!.args.grants).toEqual([grant]);
  });

  it('hears the answers to all its confirmations, also after the first has come', () => {
    const scene = asking();
    scene.call.grant([bound()], true);
    scene.time.advance(2000);
    expect(scene.backend.renewals).toHaveLength(2);
    scene.backend.renewals[0]!.confirm();
    scene.backend.renewals[1]!.refuse();
    expect(scene.log).toEqual(['2000 acquired', '2000 lost', '2000 complete']);
  });

  it('goes back when its subscriber leaves', () => {
    const scene = asking();
    const grant = scene.call.grant([bound()], true);
    scene.subscription.unsubscribe();
    expect(back(scene)).toEqual([grant]);
  });
});
