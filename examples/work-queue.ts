// A queue that delivers each job at least once, to any worker. Jobs of one customer must not run at the same time, nor
// twice; those of different customers may.
import { defer, from, lastValueFrom, map, merge, tap, timer, toArray } from 'rxjs';
import { createLocks, memory, type Lease, type Locks } from 'rxlock';
import { locksFromUrl } from 'rxlock/auto';
import { lockMap } from 'rxlock/operators';

interface Job {
  readonly id: number;
  readonly customer: string;
}

const url = process.env['RXLOCK_URL'];
const embedded = memory();
const connect = async (holder: string): Promise<Locks> =>
  url === undefined ? createLocks(embedded, { holder }) : locksFromUrl(url, { holder });

/** A store that remembers the highest fencing token for each customer, and refuses a write with a lower one. */
class Store {
  private readonly tokens = new Map<string, bigint>();
  private readonly charged = new Set<number>();

  has({ id }: Job): boolean {
    return this.charged.has(id);
  }

  charge({ id, customer }: Job, token: bigint): void {
    if (token < (this.tokens.get(customer) ?? 0n)) throw new Error(`token ${String(token)} is old`);
    if (this.charged.has(id)) throw new Error(`job ${String(id)} was charged twice`);
    this.tokens.set(customer, token);
    this.charged.add(id);
  }

  get size(): number {
    return this.charged.size;
  }
}

const store = new Store();
const busy = new Set<string>();

const charge$ = (worker: string, job: Job, lease: Lease) =>
  defer(() => {
    if (busy.has(job.customer)) throw new Error(`two jobs of ${job.customer} at once`);
    busy.add(job.customer);
    return timer(20).pipe(
      map(() => {
        busy.delete(job.customer);
        if (store.has(job)) return `${worker}: job ${String(job.id)} is done already`;
        store.charge(job, lease.fencingToken ?? 0n);
        return `${worker}: job ${String(job.id)} of ${job.customer}, token ${String(lease.fencingToken)}`;
      }),
    );
  });

const jobs: readonly Job[] = Array.from({ length: 12 }, (_, id) => ({
  id,
  customer: ['anna', 'ben', 'cleo'][id % 3] ?? '',
}));

const worker$ = (name: string, locks: Locks) =>
  from(jobs).pipe(
    lockMap(
      ({ customer }) => locks.lock$(`customers/${customer}`, '5s'),
      (job, lease) => charge$(name, job, lease),
      { concurrent: 3 },
    ),
  );

const workers = await Promise.all(['east', 'west'].map(async (name) => ({ name, locks: await connect(name) })));
const lines = await lastValueFrom(
  merge(...workers.map(({ name, locks }) => worker$(name, locks))).pipe(
    tap((line) => {
      console.log(line);
    }),
    toArray(),
  ),
);
await Promise.all(workers.map(({ locks }) => locks.close()));

console.log(`${String(lines.length)} deliveries, ${String(store.size)} charges`);
if (lines.length !== 2 * jobs.length || store.size !== jobs.length) throw new Error('a job was lost');
