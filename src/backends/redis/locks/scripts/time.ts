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
`;

/** Runs \`one\` for an item, so that an error in one harms no other: \`{ 'error', what the server said }\`. */
export const EACH = `
local answers = { now }
local function each(i, ...)
  local ok, answer = pcall(...)
  if not ok then answer = { 'error', type(answer) == 'table' and answer.err or tostring(answer) } end
  answers[i + 1] = answer
end
`;
