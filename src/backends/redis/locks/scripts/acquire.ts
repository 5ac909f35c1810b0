import { script, type Script } from '../../wire/script.js';
import { OWNER_OF } from './owner.js';
import { EACH, TIME } from './time.js';

/**
 * Takes free locks, each for one owner alone; it neither waits nor looks at what makes somebody wait. Two commands for each, and one
 * for the time.
 *
 * - `KEYS`: the lock and its last fencing token, for each.
 * - `ARGV`: the time limit; how long a fencing token is remembered; the owners, in one string; then for each, or once for all,
 *   the ttl and what others may read.
 * - Answers: the fencing token; or `{ what others may read, the milliseconds left }` of whoever has it; or 0: it is shared, or somebody may be waiting.
 *
 * The fencing token is the time in microseconds, or one more than the last where a clock was set back. As a string: Lua writes large
 * numbers inexactly. A last token that ends with `q` says that the lock has a queue.
 */
export const acquire = (...before: readonly string[]): Script =>
  script(
    TIME,
    ...before,
    EACH,
    'local owners = ARGV[3]',
    OWNER_OF,
    `
local fence = string.format('%.0f', micros)
local function acquire(x, f, owner, ttl, text)
  if not call('SET', x, owner .. ':' .. fence .. ':' .. text, 'NX', 'PX', ttl) then
    local held = call('GET', x)
    if held == '+' then return 0 end
    if string.sub(held, 1, #owner) ~= owner then return { string.sub(held, #owner + 2), call('PTTL', x) } end
    call('PEXPIRE', x, ttl)
    return string.match(held, '^[^:]*:(%d+)')
  end
  local last = redis.pcall('SET', f, fence, 'PX', ARGV[2], 'GET')
  if not last then return fence end
  if type(last) == 'table' then
    call('DEL', x)
    error(last)
  end
  if string.sub(last, -1) == 'q' then
    call('SET', f, last, 'PX', ARGV[2])
    call('DEL', x)
    return 0
  end
  if (tonumber(last) or 0) < micros then return fence end
  local next = string.format('%.0f', tonumber(last) + 1)
  call('SET', f, next, 'PX', ARGV[2])
  call('SET', x, owner .. ':' .. next .. ':' .. text, 'PX', ttl)
  return next
end
for i = 1, #KEYS / 2 do
  local ttl, text = ARGV[2 * i + 2] or ARGV[4], ARGV[2 * i + 3] or ARGV[5]
  each(i, acquire, KEYS[2 * i - 1], KEYS[2 * i], ownerOf(i), ttl, text)
end
return answers
`,
  );
