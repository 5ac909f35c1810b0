import { Observable, type SchedulerLike } from 'rxjs';
import { expect } from 'vitest';
import { withLock } from '../../../../operators/with-lock.js';
import { schedulerClock } from '../../../../src/values/scheduler-clock.js';
import { createLocks } from '../../../../src/locks/create-locks.js';
import type { Lease, LockBackend, LockOptions } from '../../../../src/index.js';
import type { Scenario } from '../../../../src/testing/scripted/scenario.js';
import { scripted } from '../../../../src/testing/scripted/scripted.js';
import { virtualTime } from '../../../../src/testing/virtual-time.js';
import type { FaultRow } from '../../support/table.js';
import { history } from './history.js';
import { holderTime, type Standstill } from './holder-time.js';

/** Of every lock here. Milliseconds. */
export const TTL = 10_000;
/** Between two values of the work. Milliseconds. */
const BEAT = 100;
/** As late as chance allows: the first renewal goes out at exactly 0.3 × ttl. */
const random = (): number => 1 - 1e-9;

/** What befalls somebody who holds a lock and works, while another waits for it. All times are true time, in milliseconds. */
export interface Fault {
  readonly title: string;
  /** What the service does. */
  readonly service: Scenario;
  /** Adds to the service: a session that the lock hangs on as well. */
  readonly wrap?: (backend: LockBackend) => LockBackend;
  readonly options?: LockOptions;
  /** How fast the holder's clock and timers run. 1 by default. */
  readonly rate?: number;
  readonly standstill?: Standstill;
  /** When the service was asked what it counts from in the end: it gives the lock to the other one ttl later. */
  readonly counts?: number;
  /** When the service gives it to the other, if that does not follow from a ttl; absent if it never does. */
  readonly gives?: number;
  /** What the holder is told: `'3000 renewed'`. */
  readonly told: readonly string[];
  /** What the service is asked, and when: `'3000 renew'`. Absent where it is of no interest. */
  readonly asked?: readonly string[];
}

/** Plays a fault in virtual time, asserts that all came as the row says, and gives its line of the table. */
export function play(fault: Fault): FaultRow {
  const { rate = 1, counts, wrap = (backend) => backend } = fault;
  const gives = fault.gives ?? (counts === undefined ? undefined : counts + TTL);
  const end = Math.max(gives ?? 20_000, fault.standstill?.to ?? 0) + 5000;
  return virtualTime(({ scheduler, flush, createLocks: createOthers }) => {
    const own = holderTime(scheduler, rate, fault.standstill);
    const backend = scripted(fault.service);
    const locks = createLocks(wrap(backend), { scheduler: own, clock: schedulerClock(own), random });
    const holder = history(locks as never, scheduler, rate);
    // The other one asks at once, and is granted the lock as soon as the service may.
    const script = gives === undefined ? 'q' : `q ${String(gives - 2)}ms 1g`;
    const others = createOthers(scripted({ acquire: script }));
    const other = history(others, scheduler);

    const leases: Lease[] = [];
    locks.events$.subscribe((event) => {
      if (event.type === 'acquired') leases.push(event.lease);
    });
    /** When somebody here worked, or would have said that he may. */
    const believed: number[] = [];
    const note = (): void => void believed.push(scheduler.now());
    const work = beat$(own, BEAT)
      .pipe(withLock(locks.lock$('a', TTL, fault.options), { onLost: 'complete' }))
      .subscribe(note);
    // Unlike `isHeld`, this changes nothing: a loss that nobody has told yet stays untold.
    const look = beat$(scheduler, 1).subscribe(() => {
      if (leases.some((lease) => lease.toJSON().isHeld)) note();
    });
    const wait = others.lock$('a', TTL).subscribe();
    scheduler.schedule(() => {
      for (const one of [work, look, wait]) one.unsubscribe();
    }, end);
    flush();

    expect(holder.told.filter((line) => !line.endsWith(' release'))).toEqual(fault.told);
    expect(other.of('acquired')).toEqual(gives === undefined ? [] : [gives]);
    const calls = backend.calls.map(({ type, at }) => `${String(Math.round(at / rate))} ${type}`);
    if (fault.asked !== undefined) expect(calls).toEqual(fault.asked);
    // The row says the truth about what the service counts from: it was asked something then.
    if (counts !== undefined) expect(calls.join()).toMatch(new RegExp(`\\b${String(counts)} (?:acquire|renew)`));
    const last = Math.max(...believed);
    expect(holder.of('acquired').length).toBe(leases.length);
    return {
      title: fault.title,
      overhold: gives === undefined ? 0 : Math.max(0, last - gives),
      free: gives === undefined ? undefined : gives - last,
      note: briefly(fault.told),
    };
  });
}

/** What is told several times over is told once. */
function briefly(told: readonly string[]): string {
  const runs: { readonly what: string; readonly times: string[] }[] = [];
  for (const line of told) {
    const [time = '', ...words] = line.split(' ');
    const what = words.join(' ');
    if (runs.at(-1)?.what === what) runs.at(-1)?.times.push(time);
    else runs.push({ what, times: [time] });
  }
  return runs
    .map(({ what, times }) =>
      times.length === 1 ? `${times[0]!} ${what}` : `${times[0]!}–${times.at(-1)!} ${what} × ${String(times.length)}`,
    )
    .join(', ');
}

/** As `interval`, whose actions plan themselves anew: they would get away from the holder's time, and nest in virtual time. */
function beat$(time: SchedulerLike, period: number): Observable<void> {
  return new Observable((sink) => {
    const plan = (): void => {
      sink.add(
        time.schedule(() => {
          sink.next();
          plan();
        }, period),
      );
    };
    plan();
  });
}
