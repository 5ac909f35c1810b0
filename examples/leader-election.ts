// Three instances, one leader. When it goes, another takes over, with a higher term where the service counts them.
import { finalize, interval, lastValueFrom, map, merge, Subject, take, takeUntil, tap } from 'rxjs';
import { createLocks, memory, type Locks } from 'rxlock';
import { locksFromUrl } from 'rxlock/auto';
import { whileLeader } from 'rxlock/operators';

const url = process.env['RXLOCK_URL'];
const embedded = memory();
const connect = async (holder: string): Promise<Locks> =>
  url === undefined ? createLocks(embedded, { holder }) : locksFromUrl(url, { holder });

const names = ['anna', 'ben', 'cleo'];
const instances = await Promise.all(
  names.map(async (name) => ({ name, locks: await connect(name), stop$: new Subject<void>() })),
);

let leader: string | undefined;
let changes = 0;
/** None on a service without fencing tokens. */
const terms: bigint[] = [];

const campaign$ = ({ name, locks, stop$ }: (typeof instances)[number]) =>
  locks.leader$('scheduler', '5s', { metadata: name }).pipe(
    tap((now) => {
      if (!now.leading && now.leader !== undefined) console.log(`${name} follows ${now.leader.metadata ?? 'somebody'}`);
    }),
    whileLeader((lease) => {
      if (leader !== undefined) throw new Error(`${name} leads, and so does ${leader}`);
      leader = name;
      changes++;
      if (lease.fencingToken !== undefined) terms.push(lease.fencingToken);
      console.log(`${name} leads${lease.fencingToken === undefined ? '' : `, in term ${String(lease.fencingToken)}`}`);
      return interval(50).pipe(
        map((tick) => ({ name, tick })),
        finalize(() => (leader = undefined)),
      );
    }),
    // Whoever steps down unsubscribes: the work stops, and only then the next one leads.
    takeUntil(stop$),
  );

// Each leader steps down after its third tick.
const ticks$ = merge(...instances.map(campaign$)).pipe(
  tap(({ name, tick }) => {
    if (tick === 2) instances.find((instance) => instance.name === name)?.stop$.next();
  }),
  take(9),
);
await lastValueFrom(ticks$);
await Promise.all(instances.map(({ locks }) => locks.close()));

console.log(`terms: ${terms.join(' < ')}`);
if (changes !== 3 || terms.some((term, index) => term <= (terms[index - 1] ?? 0n))) {
  throw new Error(`${String(changes)} leaders, or terms that do not grow`);
}
