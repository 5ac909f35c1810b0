import { script } from '../../wire/script.js';
import { QUEUE } from './queue.js';
import { EACH, TIME } from './time.js';

/**
 * Tells who has locks, or semaphores. It changes nothing.
 *
 * Answers: `{ how many have it, how many wait, milliseconds left, who has it }`.
 */
export const LOOK = script(
  TIME,
  EACH,
  QUEUE,
  `
local function look(i)
  local k = keysOf(i)
  local x = call('GET', k.x)
  local holders = x and (match(x, '^[%x-]') and 1 or 0) or 0
  for _, owner in ipairs(call('ZRANGEBYSCORE', k.h, '(' .. now, '+inf')) do
    local has = call('HGET', k.i, owner)
    if has and sub(has, 1, 1) ~= '!' then holders = holders + 1 end
  end
  return {
    holders,
    call('ZCOUNT', k.a, now - life, '+inf'),
    left(k, ''),
    shown(k),
  }
end
for i = 1, #KEYS / 6 do each(i, look, i) end
return answers
`,
);
