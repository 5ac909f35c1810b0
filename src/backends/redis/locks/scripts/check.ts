import { script } from '../../wire/script.js';
import { QUEUE } from './queue.js';
import { EACH, TIME } from './time.js';

/**
 * Tells whether owners still have what they were granted. It changes nothing.
 *
 * - `ARGV` after those of {@link QUEUE}: for each the owner and the need.
 * - Answers: 1, or 0: it is not his any more.
 */
export const CHECK = script(
  TIME,
  EACH,
  QUEUE,
  `
local function check(i, owner, need)
  return type(owned(keysOf(i), owner, need)) == 'string' and 1 or 0
end
for i = 1, #KEYS / 6 do each(i, check, i, ARGV[2 * i + 4], ARGV[2 * i + 5]) end
return answers
`,
);
