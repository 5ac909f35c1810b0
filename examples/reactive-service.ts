// A feed that one instance of a service reads at a time. Both are always ready; when one goes, the other takes over.
//
//   RXLOCK_URL=octostore://127.0.0.1:3000 OCTOSTORE_TOKEN=… node reactive-service.js
import { defer, finalize, firstValueFrom, forkJoin, interval, map, take, takeUntil, tap, timer, toArray } from 'rxjs';
import { createLocks, memory, type Locks } from 'rxlock';
import { locksFromUrl } from 'rxlock/auto';
import { tapLock, withLock } from 'rxlock/operators';

const url = process.env['RXLOCK_URL'];
const embedded = memory();
/** Each instance of the service has locks of its own: here, both are in one process. */
const connect = async (holder: string): Promise<Locks> =>
  url === undefined ? createLocks(embedded, { holder }) : locksFromUrl(url, { holder });

let readers = 0;

/** Reads the feed. Two readers at once would be a broken promise. */
const feed$ = (instance: string) =>
  defer(() => {
    readers++;
    if (readers > 1) throw new Error('two instances read the feed');
    return interval(30).pipe(
      map((n) => `${instance} read ${String(n)}`),
      finalize(() => readers--),
    );
  });

const service$ = (instance: string, locks: Locks) => {
  const lock$ = locks.lock$('feed-reader', '5s').pipe(
    tapLock({
      waiting: () => {
        console.log(`${instance} is on stand-by`);
      },
      acquired: ({ lease }) => {
        console.log(`${instance} reads the feed, with token ${String(lease.fencingToken)}`);
      },
    }),
  );
  // Everything above `withLock` runs only while the lock is held; what stands below it may run at any time.
  return feed$(instance).pipe(withLock(lock$, { onLost: 'reacquire' }));
};

const [blue, green] = [await connect('blue'), await connect('green')];
const results = await firstValueFrom(
  forkJoin([
    // This one is replaced after a while: unsubscribing stops the feed first, and gives the lock back after it.
    service$('blue', blue).pipe(takeUntil(timer(400)), toArray()),
    service$('green', green).pipe(take(5), toArray()),
  ]).pipe(tap(() => console.log('both are done'))),
);
await Promise.all([blue.close(), green.close()]);

const [first, second] = results.map((lines) => lines.length);
console.log(`blue read ${String(first)} times, then green ${String(second)} times`);
if (first === 0 || second !== 5) throw new Error('the feed was not handed over');
