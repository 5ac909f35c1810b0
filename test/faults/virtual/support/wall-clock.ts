import { interval } from 'rxjs';
import { expect, vi } from 'vitest';
import { withLock } from '../../../../operators/with-lock.js';
import { SystemClock } from '../../../../src/values/system-clock.js';
import { createLocks } from '../../../../src/locks/create-locks.js';
import type { Scenario } from '../../../../src/testing/scripted/scenario.js';
import { scripted } from '../../../../src/testing/scripted/scripted.js';
import type { FaultRow } from '../../support/table.js';
import { history } from './history.js';
import { TTL } from './scene.js';

const HOUR = 3_600_000;

/** Somebody holds a lock from 0 on, and at 5000 the wall clock of his machine is stepped. */
export interface WallClock {
  readonly title: string;
  /** Milliseconds. */
  readonly step: number;
  readonly service: Scenario;
  /** When the service was asked what it counts from in the end; absent if the lock is held on. */
  readonly counts?: number;
  readonly told: readonly string[];
}

/** Plays it with the real system's clock, whose sources are the runner's fake ones. */
export async function stepped({ title, step, service, counts, told }: WallClock): Promise<FaultRow> {
  // `os.uptime`, which Linux has, cannot be faked by timers.
  vi.spyOn(process, 'platform', 'get').mockReturnValue('darwin');
  vi.useFakeTimers({ now: 1_700_000_000_000 });
  try {
    const began = performance.now();
    const now = (): number => performance.now() - began;
    const locks = createLocks(scripted(service), { clock: new SystemClock(), random: () => 1 - 1e-9 });
    const types: string[] = [];
    locks.events$.subscribe(({ type }) => {
      if (type !== 'requested') types.push(`${String(Math.round(now()))} ${type}`);
    });
    const { of } = history(locks, { now });
    const values: number[] = [];
    const work = interval(100)
      .pipe(withLock(locks.lock$('a', TTL), { onLost: 'complete' }))
      .subscribe(() => values.push(now()));
    await vi.advanceTimersByTimeAsync(5000);
    vi.setSystemTime(Date.now() + step);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(types.filter((line) => !line.endsWith(' release'))).toEqual(told);
    work.unsubscribe();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(vi.getTimerCount()).toBe(0);

    const gives = counts === undefined ? undefined : counts + TTL;
    const last = Math.max(...values, ...of('lost'));
    const overhold = gives === undefined ? 0 : Math.max(0, last - gives);
    return { title, overhold, free: gives === undefined ? undefined : gives - last, note: told.join(', ') };
  } finally {
    vi.useRealTimers();
    vi.restoreAllMocks();
  }
}

export const WALL_CLOCK: readonly WallClock[] = [
  {
    title: 'stepped forward by an hour',
    step: HOUR,
    service: {},
    counts: 3000,
    told: ['0 acquired', '3000 renewed', '5100 lost'],
  },
  {
    title: 'stepped forward by 4 s',
    step: 4000,
    service: {},
    told: ['0 acquired', '3000 renewed', '6000 renewed', '9000 renewed', '12000 renewed', '15000 renewed'],
  },
  {
    title: 'stepped forward by 2 s, network gone',
    step: 2000,
    service: { renew: '' },
    counts: 0,
    told: ['0 acquired', '4555 uncertain', '5555 uncertain', '6000 lost'],
  },
  {
    title: 'stepped back by an hour',
    step: -HOUR,
    service: {},
    told: ['0 acquired', '3000 renewed', '6000 renewed', '9000 renewed', '12000 renewed', '15000 renewed'],
  },
  {
    title: 'stepped back by an hour, network gone',
    step: -HOUR,
    service: { renew: '' },
    counts: 0,
    told: ['0 acquired', '4555 uncertain', '6110 uncertain', '7665 uncertain', '8000 lost'],
  },
];
