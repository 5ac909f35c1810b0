import { CLIENT_LENGTH, OWNER_LENGTH } from './owner.js';

/**
 * What all scripts share that know of queues. For each name six keys, in this order:
 *
 * - `x`: who has it alone, as `owner:token:text`; `!owner`: it is reserved for him; `+`: it is shared; `-`: it is kept after its release.
 * - `f`: the last fencing token, with a `q` at its end while somebody waits.
 * - `h`: the owners who share it, or have permits, by the time of their end; `i`: what each has, as `need:token:text`, with `!` before it if reserved.
 * - `q`: who waits, as owner and need, in order; `a`: when each of them was last heard of, and of those who need longer to come than others, with a `~`
 *   before them, how long.
 *
 * A need is `x` for oneself, `s` shared, or `permits/limit`.
 *
 * `ARGV`: the time limit; how long a fencing token is remembered; how long somebody may wait without a word; how long something is reserved; what
 * the names of clients' channels begin with. All in milliseconds.
 *
 * Who is next is told on his client's channel that it is reserved for him: the owner alone. Who is next but one is told when to look, should he before
 * him not come: `~owner`.
 */
export const QUEUE = `
local idle, life, short, channel = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local sub, match = string.sub, string.match

-- Tells somebody something on his client's channel: on that of the slot, or where he hears nothing there, on that of the whole Cluster.
local function tell(owner, text)
  local client = sub(owner, 1, ${String(CLIENT_LENGTH)})
  local whole, sharded = string.gsub(channel, '{.*}', '')
  if sharded > 0 then
    local heard = redis.pcall('SPUBLISH', channel .. client, text)
    if type(heard) == 'number' and heard > 0 then return end
  end
  call('PUBLISH', whole .. client, text)
end

local function keysOf(i)
  local k = 6 * i - 5
  return { x = KEYS[k], f = KEYS[k + 1], h = KEYS[k + 2], i = KEYS[k + 3], q = KEYS[k + 4], a = KEYS[k + 5] }
end

-- Lets the keys of the holders end with the last of them.
local function bound(k)
  local last = call('ZREVRANGE', k.h, 0, 0, 'WITHSCORES')[2]
  if last then
    call('PEXPIREAT', k.h, last)
    call('PEXPIREAT', k.i, last)
    if call('GET', k.x) == '+' then call('PEXPIREAT', k.x, last) end
  else
    call('DEL', k.i)
    if call('GET', k.x) == '+' then call('DEL', k.x) end
  end
end

local function purge(k)
  local gone = call('ZRANGEBYSCORE', k.h, '-inf', now)
  if #gone == 0 then return end
  for _, owner in ipairs(gone) do
    call('ZREM', k.h, owner)
    call('HDEL', k.i, owner)
  end
  bound(k)
end

-- How many permits are taken, or reserved: counted once for all who are served together.
local function taken(k)
  if not k.taken then
    k.taken = 0
    for _, has in ipairs(call('HVALS', k.i)) do k.taken = k.taken + tonumber(match(has, '^!?(%d+)')) end
  end
  return k.taken
end

local function free(k, need)
  local permits, limit = match(need, '^(%d+)/(%d+)$')
  if permits then return taken(k) + tonumber(permits) <= tonumber(limit) end
  local x = call('GET', k.x)
  return not x or (need == 's' and x == '+')
end

-- The limit that others use for a semaphore.
local function limitOf(k)
  local owner = call('ZRANGE', k.h, 0, 0)[1]
  local has = owner and call('HGET', k.i, owner)
  if has then return match(has, '^!?%d+/(%d+)') end
  -- Of those who wait, who was heard of last: he may be dead as well.
  local waits, seen = unpack(call('ZREVRANGE', k.a, 0, 0, 'WITHSCORES'))
  return waits and now - seen <= life and match(waits, '/(%d+)$')
end

-- Makes somebody a holder. What comes before and after his name: a mark, a token and a text.
local function seat(k, owner, need, mark, text, ttl)
  if need == 'x' then
    call('SET', k.x, mark .. owner .. text, 'PX', ttl)
  else
    local x, permits = call('GET', k.x), match(need, '^(%d+)/')
    if k.taken then k.taken = k.taken + (permits or 0) end
    call('HSET', k.i, owner, mark .. need .. text)
    call('ZADD', k.h, now + ttl, owner)
    if need == 's' and not x then call('SET', k.x, '+', 'PX', ttl) end
    bound(k)
  end
end

-- Whether he has it (its token), or it is reserved for him (true).
local function owned(k, owner, need)
  if need == 'x' then
    local x = call('GET', k.x)
    if not x then return false end
    return x == '!' .. owner or sub(x, 1, #owner) == owner and match(x, ':(%d+)')
  end
  local has = call('HGET', k.i, owner)
  return has and (sub(has, 1, 1) == '!' or match(has, '^' .. need .. ':(%d+)'))
end

-- The next fencing token.
local function fence(k)
  local last = match(call('GET', k.f) or '', '^%d+')
  local next = micros
  if last and tonumber(last) >= micros then next = tonumber(last) + 1 end
  next = string.format('%.0f', next)
  call('SET', k.f, call('EXISTS', k.q) == 1 and next .. 'q' or next, 'PX', idle)
  return next
end

-- Notes with the fencing token whether somebody waits.
local function flag(k)
  local last = call('GET', k.f)
  local waits = call('EXISTS', k.q) == 1
  if waits ~= (last ~= false and sub(last, -1) == 'q') then
    local token = match(last or '0', '^%d+')
    call('SET', k.f, waits and token .. 'q' or token, 'PX', idle)
  elseif last then
    call('PEXPIRE', k.f, idle)
  end
end

local function leave(k, member)
  call('ZREM', k.a, member, '~' .. member)
  return call('ZREM', k.q, member)
end

-- Reserves what is free for those who are next. Whoever asks needs no message.
local function advance(k, asker)
  local first = call('ZRANGE', k.q, 0, 0)[1]
  if not first then return end
  local reserved = false
  while first do
    local owner, need = sub(first, 1, ${String(OWNER_LENGTH)}), sub(first, ${String(OWNER_LENGTH + 1)})
    local seen, patience = unpack(call('ZMSCORE', k.a, first, '~' .. first))
    if not seen or now - seen > life then
      leave(k, first)
    elseif free(k, need) then
      leave(k, first)
      seat(k, owner, need, '!', '', patience or short)
      reserved = true
      if owner ~= asker then tell(owner, owner) end
    else
      if reserved then tell(owner, '~' .. owner) end
      break
    end
    first = call('ZRANGE', k.q, 0, 0)[1]
  end
  if not first then flag(k) end
end

-- Who shares it, of those whose time is not over the one whose ends first: his name, and that end.
local function firstOf(k)
  return call('ZRANGEBYSCORE', k.h, string.format('(%.0f', now), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
end

-- What others may read of who has it: \`need:token:text\`.
local function shown(k)
  local x = call('GET', k.x)
  if x and match(x, '^%x') then return 'x' .. sub(x, ${String(OWNER_LENGTH + 1)}) end
  local owner = firstOf(k)[1]
  local has = owner and call('HGET', k.i, owner)
  return has and match(has, '^%w.*') or ''
end

-- The milliseconds until that may change.
local function left(k, need)
  local first = need ~= 'x' and firstOf(k)[2]
  return first and first - now or call('PTTL', k.x)
end
`;
