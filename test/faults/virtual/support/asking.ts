import { expect } from 'vitest';
import type { LockOptions } from '../../../../src/index.js';
import type { Scenario } from '../../../../src/testing/scripted/scenario.js';
import { scripted } from '../../../../src/testing/scripted/scripted.js';
import { virtualTime } from '../../../../src/testing/virtual-time.js';
import type { FaultRow } from '../../support/table.js';
import { history } from './history.js';
import { TTL } from './scene.js';

/** What befalls somebody who asks for a lock. All times are in milliseconds. */
export interface Asking {
  readonly title: string;
  readonly service: Scenario;
  readonly options?: LockOptions;
  /** When he leaves; else he holds what he is granted until 9000. */
  readonly leaves?: number;
  readonly told: readonly string[];
  /** Is it still held in the end, so that it has to run out? Only where no release gets through. */
  readonly runsOut?: boolean;
  /** All that the service is asked, and when. */
  readonly asked: readonly string[];
}

/** Plays it in virtual time, asserts that all came as the row says and that nothing stays held that could be given back, and gives its line. */
export function ask({ title, service, options, leaves = 9000, told, asked, runsOut = false }: Asking): FaultRow {
  return virtualTime(({ scheduler, flush, createLocks }) => {
    const backend = scripted(service);
    const locks = createLocks(backend);
    const { told: heard } = history(locks, scheduler);
    const errors: unknown[] = [];
    const asking = locks.lock$('a', TTL, options).subscribe({ error: (error: unknown) => errors.push(error) });
    scheduler.schedule(() => {
      asking.unsubscribe();
    }, leaves);
    flush();

    expect(heard).toEqual(told);
    expect(errors).toHaveLength(told.filter((line) => line.endsWith(' error')).length);
    expect(backend.calls.map(({ type, at }) => `${String(at)} ${type}`)).toEqual(asked);
    const statuses: string[] = [];
    backend.status('a').subscribe(({ status }) => statuses.push(status));
    expect(statuses).toEqual([runsOut ? 'held' : 'free']);
    return { title, overhold: 0, free: undefined, note: asked.join(', ') };
  });
}

export const ASKING: readonly Asking[] = [
  {
    title: 'the grant comes after it was left',
    service: { acquire: '20ms g' },
    leaves: 10,
    told: ['20 release'],
    asked: ['0 acquire', '10 leave', '20 stray', '20 release'],
  },
  {
    title: 'the grant comes after the time to wait',
    service: { acquire: '20ms g' },
    options: { wait: 10 },
    told: ['10 error', '20 release'],
    asked: ['0 acquire', '10 leave', '20 stray', '20 release'],
  },
  {
    title: 'the grant comes after it was left, its release is lost twice',
    service: { acquire: '20ms g', release: ['n', 'n', 'd'] },
    leaves: 10,
    told: ['320 release'],
    asked: ['0 acquire', '10 leave', '20 stray', '20 release', '120 release', '320 release'],
  },
  {
    title: 'the grant comes after its own deadline',
    service: { acquire: ['8s g', 'g'] },
    leaves: 8100,
    told: ['8000 waiting', '8000 release', '8050 acquired', '8100 released', '8100 release'],
    asked: ['0 acquire', '8000 release', '8050 acquire', '8100 release'],
  },
  {
    title: 'the grant comes late: it is renewed before anybody is told',
    service: { acquire: '6s g', renew: '40ms r' },
    leaves: 6100,
    told: ['6040 acquired', '6100 released', '6100 release'],
    asked: ['0 acquire', '6000 renew', '6100 release'],
  },
  {
    title: 'a queued grant of unknown age, confirmed',
    service: { acquire: '1s q 4999ms c', renew: '40ms r' },
    leaves: 6100,
    told: ['1000 waiting', '6040 acquired', '6100 released', '6100 release'],
    asked: ['0 acquire', '6000 renew', '6100 release'],
  },
  {
    title: 'a queued grant of unknown age, which was over',
    service: { acquire: ['1s q 4999ms c', 'g'], renew: '40ms x' },
    leaves: 6100,
    told: ['1000 waiting', '6040 waiting', '6090 acquired', '6100 released', '6100 release'],
    asked: ['0 acquire', '6000 renew', '6090 acquire', '6100 release'],
  },
  {
    title: 'a queued grant of unknown age, left before it is confirmed',
    service: { acquire: '1s q 4999ms c', renew: '40ms r' },
    leaves: 6020,
    told: ['1000 waiting', '6020 release'],
    asked: ['0 acquire', '6000 renew', '6020 release'],
  },
  {
    title: '429 with Retry-After 2 s',
    service: { acquire: ['l', 'l', 'g'], retryAfter: '2s' },
    leaves: 4100,
    told: ['0 waiting', '4000 acquired', '4100 released', '4100 release'],
    asked: ['0 acquire', '2000 acquire', '4000 acquire', '4100 release'],
  },
  {
    title: 'a lock delay of 2 s, though its watch says free',
    service: { acquire: ['w', 'g'], retryAfter: '2s', watch: '100ms f' },
    leaves: 2100,
    told: ['0 waiting', '2000 acquired', '2100 released', '2100 release'],
    asked: ['0 acquire', '0 watch', '2000 acquire', '2100 release'],
  },
  {
    title: '401',
    service: { acquire: 't' },
    told: ['0 error'],
    asked: ['0 acquire'],
  },
  {
    title: '500 three times',
    service: { acquire: ['n', 'n', 'n', 'g'] },
    leaves: 400,
    told: ['0 waiting', '350 acquired', '400 released', '400 release'],
    asked: ['0 acquire', '50 acquire', '150 acquire', '350 acquire', '400 release'],
  },
  {
    title: 'blackhole',
    service: { acquire: '' },
    options: { wait: 5000 },
    told: ['5000 error'],
    asked: ['0 acquire', '5000 leave'],
  },
  {
    title: 'blackhole for the release',
    service: { release: '' },
    leaves: 100,
    runsOut: true,
    told: ['0 acquired', '100 released', '10100 release'],
    asked: ['0 acquire', '100 release'],
  },
];
