import {
  concat,
  connect,
  defer,
  delay,
  elementAt,
  EMPTY,
  endWith,
  filter,
  interval,
  map,
  merge,
  of,
  switchMap,
  take,
  takeWhile,
  tap,
  timer,
  type MonoTypeOperatorFunction,
  type Observable,
} from 'rxjs';
import type { Lease, Locks } from 'rxlock';
import { usingLock } from 'rxlock/operators';
import type { Cable } from './cable.js';
import type { Ledger } from './ledger.js';
import { momentOf, type Moment } from './moment.js';

/** One process that wants the lock: here, one `Locks` on a network connection of its own. */
export interface Contender {
  readonly name: string;
  readonly locks: Locks<bigint>;
  readonly cable: Cable;
}

export interface Story {
  readonly contenders: readonly Contender[];
  readonly ledger: Ledger;
  readonly lock: string;
  /** Milliseconds. The rest of the story keeps its proportions. */
  readonly ttl: number;
}

/** How long the story takes, in ttls, give or take. */
export const LENGTH = 4.9;

const STAGGER = 0.08;
/** How much each has to write under the lock, and how fast. */
const WRITES = 15;
const BEAT = 0.05;
/** The second holder's cable is cut this long after it got the lock. */
const MISHAP = 0.4;
const REPAIR = 0.15;

/** Everything that happens, until each contender has done its work. Errors if the lock or the fence let anybody down. */
export function scenario(story: Story): Observable<Moment> {
  return defer(() => {
    const began = Date.now();
    const now = (): number => Date.now() - began;
    const lives = story.contenders.map((contender, index) =>
      timer(index * STAGGER * story.ttl).pipe(switchMap(() => life$(contender, story, now))),
    );
    return merge(...lives).pipe(
      exclusive(),
      connect((moments$) => merge(moments$, mishap$(moments$, story, now))),
    );
  });
}

/** A contender waits for the lock, writes under it, and gives it back; if it is lost on the way, it starts over. */
function life$({ name, locks, cable }: Contender, { lock, ledger, ttl }: Story, now: () => number): Observable<Moment> {
  const write = ({ fencingToken: token }: Lease<bigint>): Moment => ({
    at: now(),
    who: name,
    what: ledger.write(token) ? 'written' : 'refused',
    token,
  });
  const work$ = usingLock(
    locks.lock$(lock, ttl),
    (lease) =>
      interval(BEAT * ttl).pipe(
        filter(() => !cable.isCut),
        map(() => write(lease)),
        take(WRITES),
      ),
    { onLost: 'reacquire' },
  );
  const events$ = locks.events$.pipe(
    tap((event) => {
      if (event.type === 'error') throw event.error;
    }),
    map((event) => momentOf(name, now(), event)),
    filter((moment) => moment !== undefined),
  );
  // `events$` never ends by itself: the end of the work ends it.
  return merge(events$, work$.pipe(endWith(undefined))).pipe(takeWhile((moment) => moment !== undefined));
}

/** The second holder is cut off, and loses the lock. A write of its own is late, and arrives when the next one has begun. */
function mishap$(moments$: Observable<Moment>, story: Story, now: () => number): Observable<Moment> {
  const { ttl, contenders, ledger } = story;
  return moments$.pipe(
    filter(({ what }) => what === 'acquired'),
    elementAt(1),
    delay(MISHAP * ttl),
    switchMap(({ who, lease }) => {
      const cable = contenders.find(({ name }) => name === who)?.cable;
      const token = lease?.fencingToken ?? 0n;
      if (cable === undefined) return EMPTY;
      const cut$ = defer(() => {
        cable.cut();
        return of<Moment>({
          at: now(),
          who,
          what: 'cut',
          note: 'its network is dead: no renewal, no release',
        });
      });
      const lateWrite$ = moments$.pipe(
        filter((moment) => moment.what === 'written' && moment.token !== undefined && moment.token > token),
        elementAt(2),
        map((): Moment => {
          if (ledger.write(token)) throw new Error('the fence took a write with an old token');
          const note = `a late write with token #${token.toString()}: a higher one was seen`;
          return { at: now(), who, what: 'refused', token, note };
        }),
      );
      const mend$ = timer(REPAIR * ttl).pipe(
        map((): Moment => {
          cable.mend();
          return { at: now(), who, what: 'mended', note: 'its network works again' };
        }),
      );
      return concat(cut$, lateWrite$, mend$);
    }),
  );
}

/** Fails if anybody gets the lock while another believes to have it, or with a token that is no higher. */
function exclusive(): MonoTypeOperatorFunction<Moment> {
  return (moments$) =>
    defer(() => {
      const leases: Lease<bigint>[] = [];
      return moments$.pipe(
        tap(({ what, who, lease }) => {
          if (what !== 'acquired' || lease === undefined) return;
          const other = leases.find(({ isHeld }) => isHeld);
          if (other !== undefined) throw new Error(`${who} has the lock, and so has ${other.holder}`);
          const token = leases.at(-1)?.fencingToken ?? 0n;
          if (lease.fencingToken <= token) throw new Error(`${who} has a token that is not above ${token.toString()}`);
          leases.push(lease);
        }),
      );
    });
}
