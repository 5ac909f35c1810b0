import { script } from '../../wire/script.js';
import { OWNER_OF } from './owner.js';
import { EACH, TIME } from './time.js';

/**
 * Renews locks that one owner has alone. It writes nothing that a server without memory left would refuse.
 *
 * - `KEYS`: the locks.
 * - `ARGV`: the time limit; how much of each ttl is the lock delay; the owners, in one string; then the ttl of each, or one for all.
 * - Answers: 1, or 0: it is not his any more.
 */
export const RENEW = script(
  TIME,
  EACH,
  'local owners = ARGV[3]',
  OWNER_OF,
  `
local delay = tonumber(ARGV[2])
local function renew(x, owner, ttl)
  local held = call('GET', x)
  if not held or string.sub(held, 1, #owner) ~= owner then return 0 end
  if delay > 0 and call('PTTL', x) <= delay then return 0 end
  return call('PEXPIRE', x, ttl)
end
for i = 1, #KEYS do each(i, renew, KEYS[i], ownerOf(i), ARGV[i + 3] or ARGV[4]) end
return answers
`,
);
