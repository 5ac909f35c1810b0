import { script } from '../../wire/script.js';
import { QUEUE } from './queue.js';
import { EACH, TIME } from './time.js';

/**
 * Makes a new owner of what another one let go of: who comes second finds nothing.
 *
 * - `ARGV` after those of {@link QUEUE}: for each the old owner, the new one, the need, the ttl, and what others may read.
 * - GrantAnswers: the fencing token; or 0: he does not have it.
 */
export const ADOPT = script(
  TIME,
  EACH,
  QUEUE,
  `
local function adopt(i, old, owner, need, ttl, text)
  local k = keysOf(i)
  purge(k)
  local has = need == 'x' and call('GET', k.x) or need ~= 'x' and call('HGET', k.i, old)
  local token = has and sub(has, 1, 1) ~= '!' and match(has, ':(%d+):')
  if not token or need == 'x' and sub(has, 1, #old) ~= old then return 0 end
  if need ~= 'x' then
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
