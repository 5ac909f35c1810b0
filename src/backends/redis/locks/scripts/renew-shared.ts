import { script } from '../../wire/script.js';
import { QUEUE } from './queue.js';
import { EACH, TIME } from './time.js';

/**
 * Renews what several have together: shared locks, and permits. Its first write is one that a server without memory left does not
 * refuse; after that it refuses none.
 *
 * - `ARGV` after those of {@link QUEUE}: how much of each ttl is the lock delay; then for each the owner and the ttl.
 * - Answers: 1, or 0: it is not his any more.
 */
export const RENEW_SHARED = script(
  TIME,
  EACH,
  QUEUE,
  `
local delay = tonumber(ARGV[6])
local function renew(i, owner, ttl)
  local k = keysOf(i)
  local ends = call('ZSCORE', k.h, owner)
  local has = ends and call('HGET', k.i, owner)
  if not has or sub(has, 1, 1) == '!' or ends - now <= delay then return 0 end
  call('PEXPIRE', k.h, ttl)
  call('ZADD', k.h, now + ttl, owner)
  bound(k)
  return 1
end
for i = 1, #KEYS / 6 do each(i, renew, i, ARGV[2 * i + 5], tonumber(ARGV[2 * i + 6])) end
return answers
`,
);
