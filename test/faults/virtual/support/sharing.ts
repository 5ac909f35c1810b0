import type { SchedulerLike } from 'rxjs';
import { expect } from 'vitest';
import { memory } from '../../../../src/backends/memory/memory.js';
import type { Lease } from '../../../../src/index.js';
import { createLocks } from '../../../../src/locks/create-locks.js';
import { LockTable } from '../../../../src/table/lock-table.js';
import { virtualTime } from '../../../../src/testing/virtual-time.js';
import { schedulerClock } from '../../../../src/values/scheduler-clock.js';
import { schedulerTimer } from '../../../../src/values/scheduler-timer.js';
import type { FaultRow } from '../../support/table.js';
import { history } from './history.js';
import { holderTime, type Standstill } from './holder-time.js';
import { TTL } from './scene.js';

/** When the other reader, whose machine is well, gives back. */
const LEAVES = 4000;

/** What befalls one of two readers of a lock, while a writer waits for it. All times are true time, in milliseconds. */
export interface Sharing {
  readonly title: string;
  readonly standstill?: Standstill;
  /** How fast the reader's clock and timers run. 1 by default. */
  readonly rate?: number;
  /** Of the service. */
  readonly lockDelay?: number;
  /** Is the reader's lock renewed? True by default. */
  readonly renew?: boolean;
  /** When the writer has it. */
  readonly gives: number;
  /** What the reader is told. */
  readonly told: readonly string[];
}

/** Plays it on the embedded service: each has a machine of his own, and all of them one table. */
export function share({ title, standstill, rate = 1, lockDelay = 0, renew = true, gives, told }: Sharing): FaultRow {
  return virtualTime(({ scheduler, flush }) => {
    const table = new LockTable(() => scheduler.now(), schedulerTimer(scheduler), { lockDelay });
    const machine = (own: SchedulerLike) =>
      createLocks(memory({ table }), { scheduler: own, clock: schedulerClock(own), random: () => 1 - 1e-9 });
    const [reader, other, writer] = [holderTime(scheduler, rate, standstill), scheduler, scheduler].map(machine) as [
      ReturnType<typeof machine>,
      ReturnType<typeof machine>,
      ReturnType<typeof machine>,
    ];
    const heard = history(reader, scheduler, rate);
    const written = history(writer, scheduler);
    const leases: Lease[] = [];
    reader.events$.subscribe((event) => {
      if (event.type === 'acquired') leases.push(event.lease);
    });
    let last = 0;
    const look = (): void => {
      if (leases.some((lease) => lease.toJSON().isHeld)) last = scheduler.now();
    };
    for (let at = 0; at < 60_000; at += 10) scheduler.schedule(look, at);
    const mode = 'shared';
    const reading = reader.lock$('a', TTL, { mode, renew }).subscribe();
    const beside = other.lock$('a', TTL, { mode }).subscribe();
    scheduler.schedule(() => {
      beside.unsubscribe();
    }, LEAVES);
    const writing = writer.lock$('a', TTL).subscribe();
    scheduler.schedule(() => {
      reading.unsubscribe();
      writing.unsubscribe();
    }, 60_000);
    flush();

    expect(heard.told.filter((line) => !/ (?:release|left)$/.test(line))).toEqual(told);
    expect(written.of('acquired')).toEqual([gives]);
    return { title, overhold: Math.max(0, last - gives), free: gives - last, note: told.join(', ') };
  });
}

export const SHARING: readonly Sharing[] = [
  {
    title: 'not renewed',
    renew: false,
    gives: 8000,
    told: ['0 acquired', '8000 lost (expired)'],
  },
  {
    title: 'event loop blocked from 3500 to 35000',
    standstill: { from: 3500, to: 35_000, how: 'blocked' },
    gives: 13_000,
    told: ['0 acquired', '3000 renewed', '13000 lost (expired at 11000)'],
  },
  {
    title: 'suspended from 3500 to 35000',
    standstill: { from: 3500, to: 35_000, how: 'suspended' },
    gives: 13_000,
    told: ['0 acquired', '3000 renewed', '13000 lost (expired at 11000)'],
  },
  {
    title: 'event loop blocked from 3500 to 35000, a lockDelay of 15 s',
    standstill: { from: 3500, to: 35_000, how: 'blocked' },
    lockDelay: 15_000,
    gives: 28_000,
    told: ['0 acquired', '3000 renewed', '13000 lost (expired at 11000)'],
  },
  {
    title: "a clock at 0.85 × the service's rate, not renewed",
    renew: false,
    rate: 0.85,
    gives: 9412,
    told: ['0 acquired', '9412 lost (expired)'],
  },
];
