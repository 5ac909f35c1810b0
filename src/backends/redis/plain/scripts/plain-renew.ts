import { EACH, TIME } from '../../locks/scripts/time.js';
import { script } from '../../wire/script.js';

/**
 * Renews locks by their values. It writes nothing that a server without memory left would refuse.
 *
 * - `KEYS`: the locks.
 * - `ARGV`: the time limit; then for each the value and the ttl.
 * - Answers: 1, or 0: it is not his any more.
 */
export const PLAIN_RENEW = script(
  TIME,
  EACH,
  `
local function renew(key, value, ttl)
  if call('GET', key) ~= value then return 0 end
  return call('PEXPIRE', key, ttl)
end
for i = 1, #KEYS do each(i, renew, KEYS[i], ARGV[2 * i], ARGV[2 * i + 1]) end
return answers
`,
);
