/**
 * What every script begins with: the server's time, and whether its caller has given up by it. `ARGV[1]` is the time, in milliseconds, after which
 * nothing may be done any more; 0: it is never too late. The first word of each answer is the time.
 *
 * The time of a step is the same throughout a script.
 */
export const TIME = `
local call = redis.call
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local micros = time[1] * 1000000 + time[2]
local late = tonumber(ARGV[1])
if late > 0 and now > late then return { now } end
local cold = 0
`;

/**
 * Answers for one item after the other. An error in one harms no other: `{ 'error', what the server said }`. Nothing is done while the server is cold: `{ 'cold', the
 * milliseconds until it is not }`.
 */
export const EACH = `
local answers = { now }
local function each(i, ...)
  if cold > 0 then
    answers[i + 1] = { 'cold', cold }
    return
  end
  local ok, answer = pcall(...)
  if not ok then answer = { 'error', type(answer) == 'table' and answer.err or tostring(answer) } end
  answers[i + 1] = answer
end
`;

/**
 * Finds out whether the server has lost its data: then what was granted before may still be believed in. The last of `KEYS` is a mark that says since when it has
 * had its data, the last of `ARGV` for how long anything may have been granted before, in milliseconds.
 */
export const COLD = `
local mark, longest = table.remove(KEYS), tonumber(table.remove(ARGV))
local since = tonumber(call('GET', mark) or '')
if not since or since > now then
  since = now
  call('SET', mark, now)
end
cold = since + longest - now
`;
