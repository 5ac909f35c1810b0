// A task in each second, on the dflockd server of the port that is its first argument. Says which ticks it ran, and which not.
import { argv } from 'node:process';
import cron from 'node-cron';
import { dflockd } from '../../../src/backends/dflockd/dflockd.js';
import { createLocks } from '../../../src/locks/create-locks.js';
import { runCoordinator } from '../../../src/node-cron/run-coordinator.js';

const [port, name] = argv.slice(2);
const say = (what: string, tick: Date): void => console.log(`${what} ${tick.toISOString()} ${String(name)}`);

const locks = createLocks(dflockd({ port: Number(port) }));
cron.setRunCoordinator(runCoordinator(locks, { ttl: '5s' }));
const task = cron.schedule('* * * * * *', ({ date }) => say('ran', date), { name: 'job', distributed: true });
task.on('execution:skipped', ({ date }) => say('skipped', date));
