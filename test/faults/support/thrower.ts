// Holds a lock with the documented client, and throws when it is told that it is lost. Argument: port.
import { argv } from 'node:process';
import { DistributedLock } from '../../../src/compat/dflockd/index.js';
import { until } from '../../support/poll.js';
import { PATIENCE } from './party.js';

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
let isReported = false;
process.on('warning', ({ message }) => {
  isReported = true;
  say(`token ${String(lock.token)}`);
  say(/^.*/.exec(message)![0]);
});
const lock = new DistributedLock({
  key: 'thrower',
  port: Number(argv[2]),
  onLockLost: () => {
    say('lost');
    throw new Error('of the user');
  },
});
if (await lock.acquire()) say('held');
await until(() => isReported, 'the report', PATIENCE);
if (await lock.acquire()) say('held again');
await lock.release();
say('released');
