import { LockValidationError } from '../../../contract/errors.js';
import { requireName } from '../../../values/require-name.js';
import { utf8Length } from '../../../values/utf8-length.js';

const MAX_NAME = 512;
const UNFIT = /[\p{Cc}\p{Surrogate}]/u;

/** @throws LockValidationError if Redis's keys are not to have this name. */
export function checkName(name: string): void {
  requireName(name);
  if (UNFIT.test(name)) throw badName('has a control character or an unpaired surrogate');
  if (utf8Length(name) > MAX_NAME) throw badName(`is longer than ${String(MAX_NAME)} bytes`);
}

function badName(why: string): LockValidationError {
  return new LockValidationError(`the name ${why}`, { option: 'name' });
}
