import { Subject, type Subscription } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { memory } from '../../src/backends/memory/memory.js';
import { createLocks } from '../../src/locks/create-locks.js';
import type { Leadership } from '../../src/contract/status.js';
import { Time } from '../support/virtual.js';

const PROGRAMS = 80;

function randomFrom(seed: number): (below: number) => number {
  let state = seed * 7919;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** One subscriber of `leader$`, who notes what he should not have been told. */
class Voter {
  readonly until = new Subject<void>();
  readonly controller = new AbortController();
  last: Leadership | undefined;
  isOver = false;
  private subscription: Subscription | undefined;
  private isTold = false;

  constructor(
    private readonly faults: string[],
    private readonly meanwhile: () => void,
  ) {}

  vote(leader$: ReturnType<ReturnType<typeof createLocks>['leader$']>): void {
    this.subscription = leader$.subscribe({
      next: (now) => {
        this.hear(now);
      },
      error: () => {
        this.end();
      },
      complete: () => {
        if (this.last?.leading === true) this.faults.push('complete while it leads');
        this.end();
      },
    });
  }

  leave(): void {
    if (this.subscription === undefined) return;
    this.isOver = true;
    this.subscription.unsubscribe();
  }

  private hear(now: Leadership): void {
    if (this.isTold) this.faults.push('told while it was being told');
    if (this.isOver) this.faults.push('told after its end');
    if (now.leading && this.last?.leading === true) this.faults.push('two terms with nothing between them');
    if (now.leading && !now.lease.isHeld) this.faults.push('told of a leadership that is over');
    this.last = now;
    this.isTold = true;
    this.meanwhile();
    this.isTold = false;
  }

  private end(): void {
    this.isOver = true;
    this.meanwhile();
  }
}

/** Two `Locks` with a dozen voters, any of whom do anything at any time, also while they are being told. */
async function program(seed: number): Promise<string[]> {
  const faults: string[] = [];
  const pick = randomFrom(seed);
  const time = new Time();
  const backend = memory();
  const all = ['one', 'two'].map((holder) => createLocks(backend, { scheduler: time, holder, random: () => 0.5 }));
  const rotation = seed % 3 === 0 ? { maxHold: '1s' } : {};
  const voters: Voter[] = [];
  let [depth, budget] = [0, 40];
  const deeds: ((voter: Voter | undefined) => void)[] = [
    () => {
      if (voters.length === 12) return;
      const voter = new Voter(faults, () => {
        if (pick(3) === 0) act();
      });
      voters.push(voter);
      const stops = { until: voter.until, signal: voter.controller.signal };
      voter.vote(all[pick(2)]!.leader$('L', '2s', { ...stops, ...rotation }));
    },
    (voter) => voter?.leave(),
    (voter) => voter?.until.next(),
    (voter) => voter?.controller.abort(new RangeError('enough')),
    (voter) => void (voter?.last?.leading === true && voter.last.lease.release()),
    (voter) => {
      // Asking is what may find out.
      expect([true, false, undefined]).toContain(voter?.last?.leading === true ? voter.last.lease.isHeld : undefined);
    },
    () => backend.revoke?.('L').subscribe(),
    () => (time.frame += 3000),
  ];
  const act = (): void => {
    if (depth === 3 || budget-- <= 0) return;
    depth++;
    // To begin is as likely as to end.
    const deed = pick(3) === 0 ? deeds[0]! : deeds[pick(deeds.length)]!;
    deed(voters[pick(Math.max(1, voters.length))]);
    depth--;
  };
  all[0]!.events$.subscribe(() => {
    if (pick(6) === 0) act();
  });
  for (let step = 0; step < 25; step++) {
    act();
    time.advance(pick(2) * pick(3000));
  }
  budget = 0;
  time.advance(60_000);
  const open = voters.filter(({ isOver }) => !isOver);
  const leads = open.some(({ last }) => last?.leading === true && last.lease.isHeld);
  if (seed % 3 !== 0 && open.length > 0 && !leads) faults.push('nobody leads in the end');
  for (const voter of voters) voter.leave();
  time.advance(5000);
  if (time.actions.some(({ closed }) => !closed)) faults.push('a timer is left');
  await Promise.all(all.map((locks) => locks.close()));
  return faults.map((fault) => `program ${String(seed)}: ${fault}`);
}

describe('leader$', () => {
  it(`keeps its word in ${String(PROGRAMS)} random programs`, async () => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const faults: string[] = [];
    for (let seed = 1; seed <= PROGRAMS; seed++) faults.push(...(await program(seed)));
    expect(faults).toEqual([]);
    vi.restoreAllMocks();
  });
});
