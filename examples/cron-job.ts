// A job that every machine starts at the same minute, and one of them runs.
//
// `minHold` keeps the lock taken for a while even if the job is short: a machine whose clock is late must not find it free
// again and run the job a second time.
import { setTimeout as pause } from 'node:timers/promises';
import { createLocks, memory, type Locks } from 'rxlock';
import { locksFromUrl } from 'rxlock/auto';

const url = process.env['RXLOCK_URL'];
const embedded = memory();
const connect = async (holder: string): Promise<Locks> =>
  url === undefined ? createLocks(embedded, { holder }) : locksFromUrl(url, { holder });

let runs = 0;

/** What crontab starts on each machine. */
async function hourly(machine: string, locks: Locks): Promise<void> {
  const sent = await locks.tryUsing(
    'hourly-report',
    '10s',
    async (lease) => {
      runs++;
      // Work that can be aborted is given the signal, so that it stops if the lock is lost.
      await pause(50, undefined, { signal: lease.signal });
      return `report ${String(runs)}`;
    },
    { minHold: '1s' },
  );
  console.log(sent === null ? `${machine}: somebody else does it` : `${machine}: sent ${sent}`);
}

const machines = await Promise.all(
  ['anna', 'ben', 'cleo'].map(async (name, index) => ({ name, lateBy: index * 150, locks: await connect(name) })),
);

for (const hour of [1, 2]) {
  console.log(`hour ${String(hour)}`);
  await Promise.all(
    machines.map(async ({ name, lateBy, locks }) => {
      await pause(lateBy);
      await hourly(name, locks);
    }),
  );
  if (runs !== hour) throw new Error(`the job ran ${String(runs)} times in ${String(hour)} hours`);
  await pause(1300);
}
await Promise.all(machines.map(({ locks }) => locks.close()));
