import { map } from 'rxjs';
import { LockCapacityError, type Bound, type Bounds, type LockBackend } from '../../../../src/index.js';
import type { Fault } from './scene.js';

/** `'3000 uncertain'`, and again each so many milliseconds. */
function again(what: string, from: number, every: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${String(from + index * every)} ${what}`);
}

/** An attempt may take this long, after which the next one goes out. */
const HANGING = again('uncertain', 4555, 1555, 3);
/** An attempt that fails at once is followed by another after a quarter of that. */
const FAILING = again('uncertain', 3000, 388, 13);
const LOST = '8000 lost (expired)';
/** The last renewal before the deadline. */
const LAST_HANGING = 7665;
const LAST_FAILING = 7656;

/** The lock ends with a session as well, which the service confirms for so long from what it was asked then. */
function withSession(ttl: number, sentAt: (asked: number) => number): (backend: LockBackend) => LockBackend {
  return changed(([own]) => [own, { sentAt: sentAt(own.sentAt), ttl }]);
}

/** Changes the bounds of everything that the service grants and confirms. */
function changed(
  change: (bounds: Bounds) => Bounds,
  changeGrant: (bounds: Bounds) => Bounds = change,
): (backend: LockBackend) => LockBackend {
  return (backend) =>
    Object.assign(Object.create(backend) as LockBackend, {
      acquire: (request: Parameters<LockBackend['acquire']>[0]) =>
        backend
          .acquire(request)
          .pipe(
            map((signal) => (signal.type === 'granted' ? { ...signal, bounds: changeGrant(signal.bounds) } : signal)),
          ),
      renew: (...batch: Parameters<LockBackend['renew']>) =>
        backend
          .renew(...batch)
          .pipe(
            map((answer) => (answer.outcome === 'renewed' ? { ...answer, bounds: change(answer.bounds) } : answer)),
          ),
    });
}

const shorter = ([{ sentAt }]: Bounds): [Bound] => [{ sentAt, ttl: 5000 }];

/** What befalls a holder. The ttl is 10 s: renewals are due 3 s after the last one that was confirmed, and 8 s are believed in. */
export const NETWORK: readonly Fault[] = [
  {
    title: 'blackhole',
    service: { renew: '' },
    counts: 0,
    told: ['0 acquired', ...HANGING, LOST],
    asked: ['0 acquire', '3000 renew', '4555 renew', '6110 renew', '7665 renew', '8000 release'],
  },
  {
    title: 'blackhole, one way: renewals arrive, answers do not',
    service: { renew: '' },
    counts: LAST_HANGING,
    told: ['0 acquired', ...HANGING, LOST],
  },
  {
    title: 'blackhole, and nothing can be given back either',
    service: { renew: '', release: '' },
    counts: 0,
    told: ['0 acquired', ...HANGING, LOST],
  },
  {
    title: 'blackhole for two renewals',
    service: { renew: ['', '', 'r'] },
    told: ['0 acquired', ...again('uncertain', 4555, 1555, 2), ...again('renewed', 6110, 3000, 7), '25000 released'],
  },
  {
    title: 'blackhole until the last renewal',
    service: { renew: ['', '', '', 'r'] },
    told: ['0 acquired', ...HANGING, ...again('renewed', 7665, 3000, 6), '25000 released'],
  },
  {
    title: 'reset',
    service: { renew: 'n' },
    counts: 0,
    told: ['0 acquired', ...FAILING, LOST],
  },
  {
    title: 'reset of each answer, after the service has renewed',
    service: { renew: 'n' },
    counts: LAST_FAILING,
    told: ['0 acquired', ...FAILING, LOST],
  },
  {
    title: 'reset twice',
    service: { renew: ['n', 'n', 'r'] },
    told: ['0 acquired', ...again('uncertain', 3000, 388, 2), ...again('renewed', 3776, 3000, 8), '25000 released'],
  },
  {
    title: 'slow: the answer counts from what was asked',
    service: { renew: ['4s r', ''] },
    counts: 3000,
    told: [
      '0 acquired',
      '4555 uncertain',
      '6110 uncertain',
      '7000 renewed',
      ...again('uncertain', 7665, 1555, 3),
      '11000 lost (expired)',
    ],
  },
  {
    title: 'slow: the answers come in the wrong order',
    service: { renew: ['4s r', '1s r', ''] },
    counts: 4555,
    told: [
      '0 acquired',
      '4555 uncertain',
      '5555 renewed',
      ...again('uncertain', 9110, 1555, 3),
      '12555 lost (expired)',
    ],
  },
  {
    title: 'too slow: the answer comes after the deadline',
    service: { renew: ['6s r', ''] },
    counts: 3000,
    told: ['0 acquired', ...HANGING, LOST],
  },
];

export const SERVICE: readonly Fault[] = [
  { title: '500', service: { renew: 'u' }, counts: 0, told: ['0 acquired', ...FAILING, LOST] },
  {
    title: '500 once',
    service: { renew: ['u', 'r'] },
    told: ['0 acquired', '3000 uncertain', ...again('renewed', 3388, 3000, 8), '25000 released'],
  },
  {
    title: '429 with Retry-After 500 ms at each renewal',
    service: { renew: '#', error: new LockCapacityError('too many requests', { retryAfter: 500 }) },
    counts: 0,
    told: ['0 acquired', ...again('uncertain', 3000, 500, 10), LOST],
  },
  {
    title: '429 with a Retry-After beyond the deadline',
    service: { renew: '#', error: new LockCapacityError('too many requests', { retryAfter: 6000 }) },
    counts: 0,
    told: ['0 acquired', '3000 uncertain', LOST],
    asked: ['0 acquire', '3000 renew', '8000 release'],
  },
  { title: '401 in mid-hold', service: { renew: 't' }, counts: 0, told: ['0 acquired', ...FAILING, LOST] },
  {
    title: '401 in mid-hold, until the token is read anew',
    service: { renew: ['t', 'r'] },
    told: ['0 acquired', '3000 uncertain', ...again('renewed', 3388, 3000, 8), '25000 released'],
  },
  {
    title: 'stopped for 2 s, and continued',
    service: { renew: ['2s r', 'r'] },
    told: ['0 acquired', '4555 uncertain', ...again('renewed', 4555, 3000, 7), '25000 released'],
  },
  {
    title: 'stopped for 12 s, and continued',
    service: { renew: ['12s r', '12s r', '12s r', '12s r'] },
    counts: LAST_HANGING,
    told: ['0 acquired', ...HANGING, LOST],
  },
  { title: 'refused', service: { renew: 'x' }, gives: 3001, told: ['0 acquired', '3000 lost (refused)'] },
  {
    title: 'refused by a late answer',
    service: { renew: ['4s x', ''] },
    gives: 7001,
    told: ['0 acquired', '4555 uncertain', '6110 uncertain', '7000 lost (refused)'],
  },
  {
    title: 'taken away',
    service: { revoked: '4321ms v' },
    gives: 4322,
    told: ['0 acquired', '3000 renewed', '4321 lost (revoked)'],
  },
  {
    title: 'connection cut, where the lock is bound to it',
    service: { revoked: '4321ms k' },
    gives: 4322,
    told: ['0 acquired', '3000 renewed', '4321 lost (connection)'],
  },
  {
    title: 'session gone, and told of it',
    service: { revoked: '4321ms s' },
    gives: 4322,
    told: ['0 acquired', '3000 renewed', '4321 lost (session)'],
  },
  {
    title: 'session of 4 s not kept alive, the lock itself renewed',
    service: {},
    wrap: withSession(4000, () => 0),
    gives: 4000,
    told: ['0 acquired', ...again('renewed', 1200, 155, 13), '3200 lost (expired)'],
  },
  {
    title: 'session of 4 s kept alive, then a blackhole',
    service: { renew: ['r', 'r', ''] },
    wrap: withSession(4000, (asked) => asked),
    gives: 6400,
    told: ['0 acquired', '1200 renewed', '2400 renewed', ...again('uncertain', 4222, 622, 3), '5600 lost (expired)'],
  },
  {
    title: 'renewed for 5 s only, then a blackhole',
    service: { renew: ['r', ''] },
    wrap: changed(shorter, (bounds) => bounds),
    gives: 8000,
    told: ['0 acquired', '3000 renewed', ...again('uncertain', 5277, 777, 3), '7000 lost (expired)'],
  },
];

export const HOLDER: readonly Fault[] = [
  {
    title: 'event loop blocked for three ttls',
    service: {},
    standstill: { from: 5000, to: 35_000, how: 'blocked' },
    counts: 3000,
    told: ['0 acquired', '3000 renewed', '35000 lost (expired at 11000)'],
  },
  {
    title: 'event loop blocked for 4 s',
    service: {},
    standstill: { from: 5000, to: 9000, how: 'blocked' },
    told: ['0 acquired', '3000 renewed', ...again('renewed', 9000, 3000, 6), '25000 released'],
  },
  {
    title: 'suspended for three ttls',
    service: {},
    standstill: { from: 5000, to: 35_000, how: 'suspended' },
    counts: 3000,
    told: ['0 acquired', '3000 renewed', '35000 lost (expired at 11000)'],
  },
  {
    title: 'suspended for 4 s',
    service: {},
    standstill: { from: 5000, to: 9000, how: 'suspended' },
    told: ['0 acquired', '3000 renewed', ...again('renewed', 9000, 3000, 6), '25000 released'],
  },
  ...[0.8, 0.85, 1, 1.25].map((rate) => ({
    title: `clock at ${String(rate)} × the service's rate, then a blackhole`,
    service: { renew: '' },
    rate,
    counts: 0,
    told: ['0 acquired', ...HANGING, LOST].map((line) => {
      const [time, ...what] = line.split(' ');
      return [Math.round(Number(time) / rate), ...what].join(' ');
    }),
  })),
];
