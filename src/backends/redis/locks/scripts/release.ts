import { script } from '../../wire/script.js';
import { QUEUE } from './queue.js';
import { EACH, TIME } from './time.js';

/**
 * Gives back what an owner has, what is reserved for him, or his place in the queue, and reserves what is free for those who are next.
 * What it does first is never refused by a server without memory left.
 *
 * - `ARGV` after those of {@link QUEUE}: for each the owner, the need, and the milliseconds for which it stays taken.
 * - Answers: 1: it was his; 0: it was not.
 */
export const RELEASE = script(
  TIME,
  EACH,
  QUEUE,
  `
local function release(i, owner, need, keep)
  local k = keysOf(i)
  local was = 0
  purge(k)
  if need == 'x' then
    local x = call('GET', k.x)
    local has = x and sub(x, 1, #owner) == owner
    if has or x == '!' .. owner then
      was = 1
      if has and keep > 0 then
        call('PEXPIRE', k.x, keep)
        call('SET', k.x, '-', 'PX', keep)
      else
        call('DEL', k.x)
      end
    end
  else
    local has = call('HGET', k.i, owner)
    if call('ZREM', k.h, owner) == 1 then
      was = 1
      call('HDEL', k.i, owner)
      if keep > 0 and has then
        call('ZADD', k.h, now + keep, '-' .. owner)
        call('HSET', k.i, '-' .. owner, has)
      end
      bound(k)
    end
  end
  if was == 0 and leave(k, owner .. need) == 1 then flag(k) end
  advance(k)
  return was
end

for i = 1, #KEYS / 6 do
  local a = 3 * i + 3
  each(i, release, i, ARGV[a], ARGV[a + 1], tonumber(ARGV[a + 2]))
end
return answers
`,
);
