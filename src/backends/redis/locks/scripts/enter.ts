import { script, type Script } from '../../wire/script.js';
import { LONG_LIFE } from './long-life.js';
import { QUEUE } from './queue.js';
import { EACH, TIME } from './time.js';

/**
 * Takes what is free, or what is reserved for who asks, or joins the queue; asked again, it says that who waits is alive. Who had a
 * place and lost it, since he was not heard of, gets another at the end; whose turn it was and who came too late, at the front: otherwise those who are far
 * away would take the turn from each other for ever.
 *
 * - `ARGV` after those of {@link QUEUE}: for each the owner, the need, the ttl, 1 if he waits and 2 if it may have been his turn, how long it is to be reserved
 *   for him at least, and what others may read.
 * - Answers: `{ 1, token }`: it is his; `{ 2, how many are before him, milliseconds until something may change, who has it }`: he waits; `{ 0, … }`:
 *   he does not; `{ 3, limit }`: others use another limit.
 */
export const enter = (...before: readonly string[]): Script =>
  script(
    TIME,
    ...before,
    EACH,
    QUEUE,
    `
local function extend(k, owner, need, ttl)
  if need == 'x' then
    call('PEXPIRE', k.x, ttl)
  else
    call('ZADD', k.h, now + ttl, owner)
    bound(k)
  end
end

local function enter(i, owner, need, ttl, wait, patience, text)
  local k = keysOf(i)
  purge(k)
  local own = owned(k, owner, need)
  if type(own) == 'string' then
    extend(k, owner, need, ttl)
    return { 1, own }
  end
  local member = owner .. need
  if not own then
    local limit = match(need, '/(%d+)$')
    local others = limit and limitOf(k)
    if others and others ~= limit then return { 3, others } end
    if call('EXISTS', k.q) == 0 then
      own = free(k, need)
    elseif wait == 0 then
      advance(k)
      own = call('EXISTS', k.q) == 0 and free(k, need)
    end
  end
  if not own and wait > 0 then
    local place = call('ZSCORE', k.q, member)
    call('ZADD', k.a, now, member)
    if patience > short then call('ZADD', k.a, patience, '~' .. member) end
    if not place and wait == 2 then
      call('ZADD', k.q, (call('ZRANGE', k.q, 0, 0, 'WITHSCORES')[2] or 1) - 1, member)
    elseif not place then
      call('ZADD', k.q, (call('ZREVRANGE', k.q, 0, 0, 'WITHSCORES')[2] or 0) + 1, member)
    end
    call('PEXPIRE', k.q, ${String(LONG_LIFE)})
    call('PEXPIRE', k.a, ${String(LONG_LIFE)})
    flag(k)
    advance(k, owner)
    own = owned(k, owner, need)
  end
  if own then
    local token = fence(k)
    seat(k, owner, need, '', ':' .. token .. ':' .. text, ttl)
    return { 1, token }
  end
  return { wait > 0 and 2 or 0, call('ZRANK', k.q, member) or 0, left(k, need), shown(k) }
end

for i = 1, #KEYS / 6 do
  local a = 6 * i
  each(i, enter, i, ARGV[a], ARGV[a + 1], tonumber(ARGV[a + 2]), tonumber(ARGV[a + 3]), tonumber(ARGV[a + 4]), ARGV[a + 5])
end
return answers
`,
  );
