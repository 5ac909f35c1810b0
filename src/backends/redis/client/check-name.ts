import { LockValidationError } from '../../../contract/errors.js';
import { dashed } from '../../../values/dashed.js';
import { nameHint } from '../../../values/name-hint.js';
import { requireName } from '../../../values/require-name.js';
import { show } from '../../../values/show.js';
import { utf8Length } from '../../../values/utf8-length.js';

const MAX_NAME = 512;
const UNFIT = /[\p{Cc}\p{Surrogate}]/u;
/** Those, and what could be seen by nobody. */
const UNFITS = /\p{C}+/gu;

/** @throws LockValidationError if Redis's keys are not to have this name, and which name like it they may have. */
export function checkName(name: string): void {
  requireName(name);
  const problem = problemOf(name);
  if (problem === undefined) return;
  const hint = nameHint(
    name,
    (text) => dashed(text, UNFITS),
    (like) => like !== '' && problemOf(like) === undefined,
  );
  throw new LockValidationError(`the name ${show(name)} ${problem}${hint}`, { option: 'name' });
}

function problemOf(name: string): string | undefined {
  if (UNFIT.test(name)) return 'has a control character or an unpaired surrogate';
  return utf8Length(name) > MAX_NAME ? `is longer than ${String(MAX_NAME)} bytes` : undefined;
}
