import { EACH, TIME } from '../../locks/scripts/time.js';
import { script } from '../../wire/script.js';

/**
 * Tells whether locks are held. It changes nothing.
 *
 * - `KEYS`: the locks.
 * - `ARGV`: the time limit.
 * - Answers: as those about locks that tell more; who has it is not known: `{ 1 if it is held, 0, milliseconds left, '', '' }`.
 */
export const PLAIN_LOOK = script(
  TIME,
  EACH,
  `
local function look(key) return { call('EXISTS', key), 0, call('PTTL', key), '', '' } end
for i = 1, #KEYS do each(i, look, KEYS[i]) end
return answers
`,
);
