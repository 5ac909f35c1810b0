import { concat, concatMap, EMPTY, map, NEVER, of, throwError } from 'rxjs';
import { systemClock } from '../../../src/values/system-clock.js';
import type { Bounds, LockBackend } from '../../../src/contract/backend.js';
import { mapSignals, type Breaker, type Mistake } from './broken-backends.js';

const GRANTS = 'exclusion: grants a free lock, and completes';
const RENEWS = 'expiry: keeps a lock that is renewed beyond its ttl';

/** Its grants hang on other bounds. */
function granted(change: (bounds: Bounds) => readonly unknown[]): Breaker {
  return (backend) => ({
    acquire: (request) =>
      mapSignals(backend.acquire(request), (signal) =>
        signal.type === 'granted' ? { ...signal, bounds: change(signal.bounds) as unknown as Bounds } : signal,
      ),
  });
}

/** Its renewals are for other bounds. */
function renewed(change: (bounds: Bounds) => readonly unknown[]): Breaker {
  return (backend) => ({
    renew: (grants, ttls) =>
      backend
        .renew(grants, ttls)
        .pipe(
          map((renewal) =>
            renewal.outcome === 'renewed'
              ? { ...renewal, bounds: change(renewal.bounds) as unknown as Bounds }
              : renewal,
          ),
        ),
  });
}

/** Its tokens are other ones. */
function token(next: (count: bigint) => bigint): Breaker {
  let count = 0n;
  return (backend) => ({
    acquire: (request) =>
      mapSignals(backend.acquire(request), (signal) => {
        if (signal.type === 'granted') Object.defineProperty(signal.grant, 'fencingToken', { value: next(++count) });
        return signal;
      }),
  });
}

function without(what: keyof LockBackend): Breaker {
  return () => ({ [what]: () => EMPTY });
}

/** Answers that cannot be, as far as they are seen from outside. */
export const IMPOSSIBLE_ANSWERS: Readonly<Record<string, Mistake>> = {
  'grants a lock from a moment to come': {
    breaker: granted(([{ ttl }]) => [{ sentAt: systemClock().elapsed() + 60_000, ttl }]),
    found: [[GRANTS, /a bound was sent after its answer/]],
  },
  'grants a lock for a ttl that is no number': {
    breaker: granted(([{ sentAt }]) => [{ sentAt, ttl: NaN }]),
    found: [[GRANTS, /a ttl of NaN ms/]],
  },
  'grants a lock for ever': {
    breaker: granted(([{ sentAt }]) => [{ sentAt, ttl: Infinity }]),
    found: [[GRANTS, /a ttl of Infinity ms/]],
  },
  'grants a lock for no time at all': {
    breaker: granted(() => []),
    found: [[GRANTS, /hangs on no bound/]],
  },
  'renews a lock from a moment to come': {
    breaker: renewed(([{ ttl }]) => [{ sentAt: systemClock().elapsed() + 60_000, ttl }]),
    found: [[RENEWS, /a renewal counts from a moment to come/]],
  },
  'renews a lock for a ttl that is no number': {
    breaker: renewed(([{ sentAt }]) => [{ sentAt, ttl: NaN }]),
    found: [['fencing: keeps the token of a grant when it is renewed', /of a renewal: a bound has a ttl of NaN ms/]],
  },
  'has tokens of more than 64 bits': {
    breaker: token((count) => 2n ** 64n + count),
    found: [[GRANTS, /no number of 64 bits: 18446744073709551617/]],
  },
  'has tokens that fall': {
    breaker: token((count) => 1000n - count),
    found: [['fencing: gives each grant a greater token than the one before it', /the token 998 came after 999/]],
  },
  'answers a release, but never completes': {
    breaker: (backend) => ({ release: (grants, keepFor) => concat(backend.release(grants, keepFor), NEVER) }),
    found: [['ownership: answers a second release without an error', /a release was answered, but never completed/]],
  },
  'throws when it is to watch': {
    breaker: () => ({
      watch: () => {
        throw new TypeError('no watch today');
      },
    }),
    found: [
      ['observing: watches a lock: what it is now, and each change', /a watch failed: TypeError: no watch today/],
    ],
  },
  'completes a status without an answer': {
    breaker: without('status'),
    found: [['observing: answers once, and completes, when it is asked for a status or a list', /a status .* 0 times/]],
  },
  'answers a status twice': {
    breaker: (backend) => ({ status: (name) => backend.status(name).pipe(concatMap((status) => of(status, status))) }),
    found: [['observing: answers once, and completes, when it is asked for a status or a list', /a status .* 2 times/]],
  },
  'completes a list without an answer': {
    breaker: without('list'),
    found: [['observing: answers once, and completes, when it is asked for a status or a list', /a list .* 0 times/]],
  },
  'fails to tell of revocations': {
    breaker: () => ({ revoked$: throwError(() => new TypeError('no revocations today')) }),
    found: [['observing: tells of revocations as long as it is open', /revoked\$ failed: TypeError/]],
  },
  'soon stops to tell of revocations': {
    breaker: () => ({ revoked$: EMPTY }),
    found: [['observing: tells of revocations as long as it is open', /revoked\$ completed/]],
  },
};
