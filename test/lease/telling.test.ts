import { take, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Lease, LockEvent, LocksEvent } from '../../src/contract/lease.js';
import { setup } from '../support/virtual.js';

interface Scene extends ReturnType<typeof setup> {
  /** What is heard below the holder. */
  readonly heard: string[];
  /** What is heard on `events$`. */
  readonly told: string[];
}

type Held = Extract<LockEvent, { readonly lease: Lease }>;

/** A lock of 10 s whose holder acts while he is told of an event for the first time. Every request is granted and confirmed. */
function acting(
  at: LockEvent['type'],
  act: (lease: Lease, scene: Scene) => void,
  options: { readonly onLost?: 'reacquire' | 'error' } = {},
): Scene {
  const scene: Scene = { ...setup(), heard: [], told: [] };
  const { backend, locks, heard, told } = scene;
  let token = 0n;
  backend.onAcquire = (call) => {
    const grant = { name: call.args.name, fencingToken: ++token };
    call.done({ type: 'granted', grant, bounds: [{ sentAt: call.at, ttl: call.args.ttl }] });
  };
  backend.onRenew = (call) => {
    call.confirm();
  };
  const note = (log: string[]) => (event: LocksEvent | LockEvent) => {
    if ('lease' in event) log.push(`${event.type}(${String(event.lease?.fencingToken)})`);
  };
  locks.events$.subscribe(note(told));
  let acted = false;
  const lock$ = locks.lock$('a', '10s', options).pipe(
    tap((event) => {
      if (event.type !== at || acted) return;
      acted = true;
      act((event as Held).lease, scene);
    }),
  );
  lock$.subscribe({
    next: note(heard),
    error: (error: unknown) => heard.push((error as Error).name),
    complete: () => heard.push('|'),
  });
  return scene;
}

/** Time passes while the holder does something else, and no timer has seen it. */
function outlive(lease: Lease, { time }: Scene): void {
  time.frame += 9000;
  expect(lease.isHeld).toBe(false);
}

describe('what is told of a lock is told in order', () => {
  it('a loss that is found while the grant is told comes after it', () => {
    const { heard, told } = acting('acquired', outlive);
    expect(heard).toEqual(['acquired(1)', 'lost(1)', '|']);
    expect(told).toEqual(['acquired(1)', 'lost(1)']);
  });

  it('and the next grant after that', () => {
    const { heard, told, time } = acting('acquired', outlive, { onLost: 'reacquire' });
    // In a turn of its own: else a handler that takes too long for its lock would let nothing else happen.
    time.turn();
    expect(heard).toEqual(['acquired(1)', 'lost(1)', 'acquired(2)']);
    expect(told).toEqual(['acquired(1)', 'lost(1)', 'release(1)', 'acquired(2)']);
  });

  it('and the error after that', () => {
    const { heard } = acting('acquired', outlive, { onLost: 'error' });
    expect(heard).toEqual(['acquired(1)', 'lost(1)', 'LockLostError']);
  });

  it('a release by its holder while he is told of the grant', () => {
    const { heard, told } = acting('acquired', (lease) => void lease.release());
    expect(heard).toEqual(['acquired(1)', 'released(1)', '|']);
    expect(told.slice(0, 2)).toEqual(['acquired(1)', 'released(1)']);
  });

  it('a release by its holder while he is told of a renewal', () => {
    const { heard, time } = acting('renewed', (lease) => void lease.release());
    time.advance(5000);
    expect(heard).toEqual(['acquired(1)', 'renewed(1)', 'released(1)', '|']);
  });

  it.each(['acquired', 'renewed'] as const)(
    'the next grant, if he gives the lock back and asks for it again while he is told that it is %s',
    (type) => {
      const { told, time } = acting(type, (lease, { locks }) => {
        void lease.release();
        locks.lock$('a', '10s').subscribe();
      });
      time.advance(5000);
      expect(told.filter((event) => !event.startsWith('renewed'))).toEqual([
        'acquired(1)',
        'released(1)',
        'acquired(2)',
        'release(1)',
      ]);
    },
  );

  it('the next grant, if somebody asks for it who hears of the end by its signal', () => {
    const { told, heard, time } = acting('acquired', (lease, { locks, time }) => {
      lease.signal.addEventListener('abort', () => locks.lock$('a', '10s').subscribe());
      time.schedule(() => void lease.release(), 1000);
    });
    time.advance(5000);
    expect(heard).toEqual(['acquired(1)', 'released(1)', '|']);
    expect(told.filter((event) => !event.startsWith('renewed'))).toEqual([
      'acquired(1)',
      'released(1)',
      'acquired(2)',
      'release(1)',
    ]);
  });

  it('a renewal and its end, both while he is told of the grant', () => {
    const { told } = acting('acquired', (lease) => {
      void lease.extend();
      void lease.release();
    });
    expect(told.slice(0, 3)).toEqual(['acquired(1)', 'renewed(1)', 'released(1)']);
  });

  it('a revocation while he is told that it is uncertain', () => {
    const scene = acting('uncertain', (_lease, { backend }) => {
      const [grant] = backend.renewals.at(-1)!.args.grants;
      backend.revoked$.next({ grants: [grant!], reason: 'revoked' });
    });
    scene.backend.onRenew = undefined;
    scene.time.advance(5000);
    expect(scene.heard).toEqual(['acquired(1)', 'uncertain(1)', 'lost(1)', '|']);
  });

  it('a release by somebody who hears of the grant among all events, before the holder has', () => {
    const { backend, locks } = setup();
    const heard: string[] = [];
    const told: string[] = [];
    locks.events$.subscribe((event) => {
      if (event.type === 'acquired') void event.lease.release();
    });
    locks.events$.subscribe(({ type }) => told.push(type));
    locks.lock$('a', '10s').subscribe(({ type }) => heard.push(type));
    backend.acquired[0]!.grant();
    expect(heard).toEqual(['acquired', 'released']);
    expect(told).toEqual(['requested', 'acquired', 'released']);
  });

  it('a grant that comes while he is told that he waits, and its loss', () => {
    const { backend, locks, time } = setup();
    const heard: string[] = [];
    const lock$ = locks.lock$('a', '10s').pipe(
      tap((event) => {
        if (event.type === 'waiting') backend.acquired[0]!.grant();
        if (event.type !== 'acquired') return;
        time.frame += 9000;
        expect(event.lease.isHeld).toBe(false);
      }),
    );
    lock$.subscribe({ next: ({ type }) => heard.push(type), complete: () => heard.push('|') });
    backend.acquired[0]!.next({ type: 'queued', position: 1 });
    expect(heard).toEqual(['waiting', 'acquired', 'lost', '|']);
  });

  it('the end of a wait that is called off while he is told that he waits', () => {
    const { backend, locks } = setup();
    const cancel = new AbortController();
    const heard: string[] = [];
    const lock$ = locks.lock$('a', '10s', { signal: cancel.signal }).pipe(
      tap(() => {
        cancel.abort();
      }),
    );
    lock$.subscribe({
      next: ({ type }) => heard.push(type),
      error: (error: unknown) => heard.push((error as Error).name),
    });
    backend.acquired[0]!.next({ type: 'queued', position: 1 });
    expect(heard).toEqual(['waiting', 'AbortError']);
    expect(backend.acquired[0]!.open).toBe(false);
  });

  it('changes nothing at once but what is told: state, signal and release do not wait', () => {
    const { backend, heard } = acting('acquired', (lease, { heard: log }) => {
      const { signal } = lease;
      void lease.release();
      log.push(`held ${String(lease.isHeld)}, aborted ${String(signal.aborted)}`);
    });
    expect(heard).toEqual(['held false, aborted true', 'acquired(1)', 'released(1)', '|']);
    expect(backend.acquired).toHaveLength(1);
  });

  it.each(['while he is told of it', 'later'])('a release that his signal answers with another request, %s', (when) => {
    const all: string[] = [];
    let held: Lease | undefined;
    const { backend } = acting('acquired', (lease, scene) => {
      held = lease;
      scene.backend.onRelease = (call) => {
        call.done({ index: 0, outcome: 'released' });
      };
      scene.locks.events$.subscribe(({ type }) => all.push(type));
      lease.signal.addEventListener('abort', () => {
        scene.locks.lock$('a', '10s').subscribe();
      });
      if (when !== 'later') void lease.release();
    });
    void held?.release();
    expect(backend.acquired).toHaveLength(2);
    expect(all.filter((type) => type.startsWith('release'))).toEqual(['released', 'release']);
  });

  it('and a finalizer that throws keeps nothing from being told', () => {
    const { backend, locks } = setup();
    const told: string[] = [];
    locks.events$.subscribe((event) => {
      told.push(event.type);
      if (event.type === 'acquired') void event.lease.release();
    });
    const sink = locks.lock$('a', '10s').pipe(take(1));
    const subscription = sink.subscribe();
    subscription.add(() => {
      throw new Error('mine');
    });
    expect(() => backend.acquired[0]!.grant()).not.toThrow();
    expect(told.slice(0, 3)).toEqual(['requested', 'acquired', 'released']);
  });
});
