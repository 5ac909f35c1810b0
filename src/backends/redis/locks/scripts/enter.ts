import { script, type Script } from '../../wire/script.js';
import { QUEUE } from './queue.js';
import { EACH, TIME } from './time.js';

/**
 * Takes what is free, or what is reserved for who asks, or joins the queue; asked again, it says that who waits is alive. Who had a
 * place and lost it, since he was not heard of, gets another at the end.
 *
 * - `ARGV` after those of {@link QUEUE}: for each the owner, the need, the ttl, 1 if he waits, and what others may read.
 * - GrantAnswers: `{ 1, token }`: it is his; `{ 2, how many are before him, milliseconds until something may change, who has it }`: he waits; `{ 0, … }`:
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

local function enter(i, owner, need, ttl, wait, text)
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
    elseif not wait then
      advance(k)
      own = call('EXISTS', k.q) == 0 and free(k, need)
    end
  end
  if not own and wait then
    local place = call('ZSCORE', k.q, member)
    call('ZADD', k.a, now, member)
    if not place then
      local last = call('ZREVRANGE', k.q, 0, 0, 'WITHSCORES')[2]
      call('ZADD', k.q, (last or 0) + 1, member)
    end
    call('PEXPIRE', k.q, life)
    call('PEXPIRE', k.a, life)
    flag(k)
    advance(k, owner)
    own = owned(k, owner, need)
  end
  if own then
    local token = fence(k)
    seat(k, owner, need, '', ':' .. token .. ':' .. text, ttl)
    return { 1, token }
  end
  return { wait and 2 or 0, call('ZRANK', k.q, member) or 0, left(k, need), shown(k) }
end

for i = 1, #KEYS / 6 do
  local a = 5 * i + 1
  each(i, enter, i, ARGV[a], ARGV[a + 1], tonumber(ARGV[a + 2]), ARGV[a + 3] == '1', ARGV[a + 4])
end
return answers
`,
  );
