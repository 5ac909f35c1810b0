import type { InjectionToken } from '@nestjs/common';
import { Locks } from '../contract/locks.js';

/**
 * The token of a module's `Locks`, for `inject` of a factory, `app.get(…)` and `overrideProvider(…)`.
 *
 * @param name Of `LocksModule.forRoot({ name })`. Without one it is the class `Locks`.
 *
 * @example
 * ```ts
 * import { Locks } from 'rxlock';
 * import { getLocksToken } from 'rxlock/nestjs';
 *
 * console.log(getLocksToken() === Locks, getLocksToken('audit')); // true 'rxlock/locks/audit'
 * ```
 */
export function getLocksToken(name?: string): InjectionToken<Locks> {
  return name === undefined ? Locks : `rxlock/locks/${name}`;
}
