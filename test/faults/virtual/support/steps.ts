import { tap } from 'rxjs';
import { expect } from 'vitest';
import type { AcquireRequest, Grant, Lease, LockBackend } from '../../../../src/index.js';
import type { Scenario } from '../../../../src/testing/scripted/scenario.js';
import { scripted } from '../../../../src/testing/scripted/scripted.js';
import { virtualTime } from '../../../../src/testing/virtual-time.js';
import type { FaultRow } from '../../support/table.js';
import { history } from './history.js';

/** One that is left at some step, and wanted again at once by the same `Locks`. */
export interface Steps {
  readonly title: string;
  readonly service: Scenario;
  /** It is left at each millisecond up to this one. */
  readonly until: number;
}

const TTL = 1000;

/** A service of which is noted what it granted, and what it was given back. */
function noting(scenario: Scenario) {
  const service = scripted(scenario);
  const granted: Grant[] = [];
  const released: Grant[] = [];
  const backend = Object.assign(Object.create(service) as LockBackend, {
    acquire: (request: AcquireRequest) => {
      const stray = (grant: Grant): void => {
        granted.push(grant);
        request.stray(grant);
      };
      const asked = Object.assign(Object.create(request) as AcquireRequest, { stray });
      return service.acquire(asked).pipe(tap((signal) => signal.type === 'granted' && granted.push(signal.grant)));
    },
    release: (...batch: Parameters<LockBackend['release']>) => {
      released.push(...batch[0]);
      return service.release(...batch);
    },
  });
  return { backend, granted, released };
}

/** Leaves at one moment, and asserts that the second one's lease is not touched by what is left of the first. */
function leaveAt(moment: number, scenario: Scenario): void {
  virtualTime(({ scheduler, flush, createLocks }) => {
    const { backend, granted, released } = noting(scenario);
    const locks = createLocks(backend);
    const { told } = history(locks as never, scheduler);
    const heard: string[] = [];
    let lease: Lease | undefined;
    const follow = (who: string) =>
      locks.lock$('a', TTL).subscribe((event) => {
        heard.push(`${who} ${event.type}`);
        if (event.type === 'acquired') lease = event.lease;
      });
    const first = follow('first');
    let leftBehind = 0;
    scheduler.schedule(() => {
      first.unsubscribe();
      leftBehind = heard.length;
      const second = follow('second');
      scheduler.schedule(() => {
        // The second holds it, whatever has arrived of the first's; and what it holds was not given back.
        expect(heard.at(-1)).toMatch(/^second (?:acquired|renewed)$/);
        expect(lease?.isHeld).toBe(true);
        expect(released.map(({ fencingToken }) => fencingToken)).not.toContain(lease?.fencingToken);
        second.unsubscribe();
      }, 5000);
    }, moment);
    flush();

    expect(heard.slice(leftBehind).filter((line) => line.startsWith('first'))).toEqual([]);
    expect(told.join()).not.toContain('lost');
    // Whatever was granted was given back: once, unless that was lost on the way.
    expect(new Set(released)).toEqual(new Set(granted));
    if (scenario.release === '--d') expect(released).toHaveLength(granted.length);
  });
}

/** Plays all its moments. */
export function leaveAtEachStep({ title, service, until }: Steps): FaultRow {
  for (let moment = 0; moment <= until; moment++) leaveAt(moment, service);
  return {
    title,
    overhold: 0,
    free: undefined,
    note: `left at each of ${String(until + 1)} ms: nothing of the second's was given back`,
  };
}

/** The second's script comes after the first's. Renewals are due 300 ms after the last one. */
export const STEPS: readonly Steps[] = [
  { title: 'asked, granted, renewed', service: { acquire: '5ms g', renew: '5ms r', release: '--d' }, until: 320 },
  { title: 'queued, then granted', service: { acquire: '-q--2--1--g', release: '--d' }, until: 20 },
  { title: 'queued, then confirmed', service: { acquire: '-q---c', renew: '5ms r', release: '--d' }, until: 20 },
  { title: 'refused, then granted', service: { acquire: ['-h', '--g', '-h', '--g'], release: '--d' }, until: 70 },
  {
    title: 'out of reach, then granted',
    service: { acquire: ['--n', '5ms g', '--n', '5ms g'], release: '--d' },
    until: 70,
  },
  { title: 'renewal unanswered', service: { acquire: '--g', renew: ['', '--r'], release: '--d' }, until: 480 },
  { title: 'release lost', service: { acquire: '--g', release: ['--n', '--d'] }, until: 10 },
  { title: 'release unanswered', service: { acquire: '--g', release: ['', '--d'] }, until: 10 },
];
