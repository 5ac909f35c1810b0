import { script } from '../../wire/script.js';
import { OWNER_OF } from './owner.js';
import { EACH, TIME } from './time.js';

/**
 * Gives back locks that one owner has alone and for which nobody waited when he got them. Three commands for each.
 *
 * - `KEYS`: the lock and its last fencing token, for each.
 * - `ARGV`: the time limit; the owners, in one string.
 * - Answers: 1: given back; 0: it was not his; 2: nothing was done, as somebody may be waiting.
 */
export const LET_GO = script(
  TIME,
  EACH,
  'local owners = ARGV[2]',
  OWNER_OF,
  `
local function letGo(x, f, owner)
  local held = call('GET', x)
  if not held or string.sub(held, 1, #owner) ~= owner then return 0 end
  local last = call('GET', f)
  if last and string.sub(last, -1) == 'q' then return 2 end
  call('DEL', x)
  return 1
end
for i = 1, #KEYS / 2 do
  each(i, letGo, KEYS[2 * i - 1], KEYS[2 * i], ownerOf(i))
end
return answers
`,
);
