import { script } from '../../wire/script.js';
import { QUEUE } from './queue.js';
import { EACH, TIME } from './time.js';

/**
 * Takes locks from all who have them, and those that are kept from nobody; what is reserved for somebody stays his.
 *
 * Answers: 1.
 */
export const REVOKE = script(
  TIME,
  EACH,
  QUEUE,
  `
local function revoke(i)
  local k = keysOf(i)
  purge(k)
  local x = call('GET', k.x)
  if x and sub(x, 1, 1) ~= '!' then call('DEL', k.x) end
  for _, owner in ipairs(call('ZRANGE', k.h, 0, -1)) do
    local has = call('HGET', k.i, owner)
    if not has or sub(has, 1, 1) ~= '!' then
      call('ZREM', k.h, owner)
      call('HDEL', k.i, owner)
    end
  end
  if call('EXISTS', k.h) == 1 then call('SET', k.x, '+') end
  bound(k)
  advance(k)
  return 1
end
for i = 1, #KEYS / 6 do each(i, revoke, i) end
return answers
`,
);
