import { script } from '../../wire/script.js';
import { QUEUE } from './queue.js';
import { EACH, TIME } from './time.js';

/**
 * Makes a new owner of what another one let go of: who comes second finds nothing. Asked again, it answers the same. What it does first is
 * never refused by a server without memory left.
 *
 * - `ARGV` after those of {@link QUEUE}: for each the old owner, the new one, the need, the ttl, and what others may read.
 * - Answers: the fencing token; or 0: he does not have it.
 */
export const ADOPT = script(
  TIME,
  EACH,
  QUEUE,
  `
local function adopt(i, old, owner, need, ttl, text)
  local k = keysOf(i)
  purge(k)
  local token = owned(k, old, need)
  if type(token) ~= 'string' then token = owned(k, owner, need) end
  if type(token) ~= 'string' then return 0 end
  if need == 'x' then
    call('PEXPIRE', k.x, ttl)
  else
    call('ZREM', k.h, old)
    call('HDEL', k.i, old)
  end
  seat(k, owner, need, '', ':' .. token .. ':' .. text, ttl)
  return token
end
for i = 1, #KEYS / 6 do
  local a = 5 * i + 1
  each(i, adopt, i, ARGV[a], ARGV[a + 1], ARGV[a + 2], tonumber(ARGV[a + 3]), ARGV[a + 4])
end
return answers
`,
);
