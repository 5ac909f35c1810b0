import { EACH, TIME } from '../../locks/scripts/time.js';
import { script } from '../../wire/script.js';

/**
 * Gives locks back by their values, or keeps them taken for a while. It writes nothing that a server without memory left would refuse.
 *
 * - `KEYS`: the locks.
 * - `ARGV`: the time limit; then for each the value, what was wanted (a plain lock knows one thing only), and how long it is to stay taken, or 0.
 * - Answers: 1, or 0: it was not his.
 */
export const PLAIN_RELEASE = script(
  TIME,
  EACH,
  `
local function release(key, value, keep)
  if call('GET', key) ~= value then return 0 end
  if tonumber(keep) > 0 then return call('PEXPIRE', key, keep) end
  return call('DEL', key)
end
for i = 1, #KEYS do each(i, release, KEYS[i], ARGV[3 * i - 1], ARGV[3 * i + 1]) end
return answers
`,
);
