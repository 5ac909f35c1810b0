import { EACH, TIME } from '../../locks/scripts/time.js';
import { script } from '../../wire/script.js';

/**
 * Takes free locks, each of them a string with a random value, as redlock and redis-semaphore do.
 *
 * - `KEYS`: the locks.
 * - `ARGV`: the time limit; then for each the value and the ttl.
 * - Answers: 1, or `{ the milliseconds left }` of whoever has it; an error if that is no lock.
 */
export const PLAIN_ACQUIRE = script(
  TIME,
  EACH,
  `
local function acquire(key, value, ttl)
  if call('SET', key, value, 'NX', 'PX', ttl) then return 1 end
  call('GET', key)
  return { call('PTTL', key) }
end
for i = 1, #KEYS do each(i, acquire, KEYS[i], ARGV[2 * i], ARGV[2 * i + 1]) end
return answers
`,
);
