import type { Wanted } from '../../channel/wanted.js';
import { validateKey, validateLimit, wholeLease } from '../../document/validate.js';

/** What is wanted as the protocol has it. @throws LockError naming what is bad. */
export function validateWanted({ kind, key, lease, limit }: Wanted): Wanted {
  validateKey(key);
  const whole = wholeLease(lease);
  if (kind === 's') validateLimit(limit as number);
  return { kind, key, lease: whole, limit };
}
